"""Measures cells: our kernel beside a Python kernel that does the same with pytorch-grad-cam.

usage: notebook.py [--warm N] [--many N] [--python PYTHON] [--also NAME=MODEL,PICTURE ...] [--pairs NAME=MODEL,PICTURE ...]
                   [--first NAME=MODEL,PICTURE ...]

Runs in an environment with jupyter_client and the installed kernel "gonb-gradcam"; PYTHON
is one with docs/benchmarks/requirements.txt, ipykernel and matplotlib. A cell's time is
from sending it to its last output. The report goes to standard output.

  --warm N    warm cells of each kernel, one after the other in turn (default 10)
  --also      a cell of the resident engine with another model and picture; may be repeated
  --pairs     five pairs of layers that this model was not asked for before: wall and CPU time
              from a call to its map, and the CPU time until the engine is at rest; may be repeated
  --first     the first map of a model that its engine has not seen, in five fresh kernels that keep no programs: from
              opening the file to the map, and from sending the cell to its last output; may be repeated
  --many N    explanations through one engine, ten a cell, watching its memory (default 0)
"""
import argparse
import json
import os
import pathlib
import statistics
import sys
import tempfile
import time

from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import KernelManager

ROOT = pathlib.Path(__file__).resolve().parents[2]

CELL = """%%
net := gradcamnb.MustOpen("MODEL")
picture := imgio.MustOpen("PICTURE")
nb.MustShow(net.MustExplain(picture, gradcamnb.Class({})))"""


def cell(model, picture):
    return CELL.replace("MODEL", model).replace("PICTURE", picture)


OURS = cell("testdata/models/efficientnet-lite0.onnx", "testdata/images/cat.png")

ENGINE = 'import _ "github.com/gradcam-go/gradcam/gradcamnb/engine"\n'

LAYERS = """%%
layers, err := gradcamnb.MustOpen("MODEL").Layers()
if err != nil {
    panic(err)
}
for _, l := range layers {
    if l.Feeds && l.Grid[0] > 1 {
        fmt.Println(l.Name)
    }
}"""

# The cell's own CPU time is that of its program, not of building it.
PAIR = """%%
net := gradcamnb.MustOpen("MODEL")
picture := imgio.MustOpen("PICTURE")
start := time.Now()
result := net.MustExplain(picture, gradcamnb.Layers("{}", "{}"))
took := time.Since(start)
var used syscall.Rusage
_ = syscall.Getrusage(syscall.RUSAGE_SELF, &used)
fmt.Println("pair", took.Seconds(), float64(used.Utime.Nano()+used.Stime.Nano())/1e9, result.Backend)"""

FIRST = """%%
picture := imgio.MustOpen("PICTURE")
start := time.Now()
net := gradcamnb.MustOpen("MODEL")
opened := time.Since(start)
result := net.MustExplain(picture)
fmt.Println("first", opened.Seconds(), time.Since(start).Seconds(), result.Backend)
nb.MustShow(result)"""

MANY = """%%
net := gradcamnb.MustOpen("testdata/models/efficientnet-lite0.onnx")
cat := imgio.MustOpen("testdata/images/cat.png")
for i := range 10 {{
    nb.MustShow(net.MustExplain(cat, gradcamnb.Class({} + i)))
}}"""

PYTHON_FIRST = """
import sys
sys.path.insert(0, "docs/benchmarks")
import numpy, peer, torch
from PIL import Image
from matplotlib import pyplot
from pytorch_grad_cam import GradCAM
from pytorch_grad_cam.utils.image import show_cam_on_image
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget
%matplotlib inline
model, layer = peer.build("efficientnet-lite0")
cam = GradCAM(model=model, target_layers=[layer("")])
"""

PYTHON = """
image = Image.open("testdata/images/cat.png").convert("RGB")
side = min(image.size)
left, top = (image.width - side) // 2, (image.height - side) // 2
pixels = numpy.asarray(image.crop((left, top, left + side, top + side)).resize((224, 224), Image.BILINEAR), dtype=numpy.float32)
x = torch.from_numpy((pixels - 127) / 128).permute(2, 0, 1)[None]
heat = cam(input_tensor=x, targets=[ClassifierOutputTarget({})])[0]
figure, axes = pyplot.subplots(1, 2, figsize=(8, 4))
axes[0].imshow(pixels / 255)
axes[1].imshow(show_cam_on_image(pixels / 255, heat, use_rgb=True))
pyplot.show()
"""


class Kernel:
    """A fresh kernel: `started` is how long it took to answer."""

    def __init__(self, name):
        begin = time.monotonic()
        self.manager = KernelManager(kernel_name=name)
        self.manager.start_kernel(cwd=str(ROOT))
        self.client = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=120)
        self.started = time.monotonic() - begin

    def run(self, code, pictures=1, heard=None):
        """The seconds until the last output, of which so many must be pictures. heard, if given, gets what is printed."""
        last, seen = [0.0], [0]
        begin = time.monotonic()

        def hear(message):
            last[0] = time.monotonic() - begin
            seen[0] += "image/png" in message["content"].get("data", {})
            if heard and message["content"].get("name") == "stdout":
                heard(message["content"]["text"])

        reply = self.client.execute_interactive(code, output_hook=hear, timeout=300, allow_stdin=False)["content"]
        if reply["status"] != "ok" or seen[0] != pictures:
            sys.exit(f"a cell ended with {reply['status']} and {seen[0]} pictures, not {pictures}: {reply.get('evalue')}")
        return last[0]

    def engine(self):
        """The folder of the kernel's engine in /proc."""
        for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
            try:
                parent = stat.read_text().rpartition(") ")[2].split()[1]
                if int(parent) == self.manager.provisioner.pid and "serve" in stat.with_name("cmdline").read_text():
                    return stat.parent
            except OSError:
                continue
        sys.exit("the kernel has no engine")

    def memory(self):
        """Resident memory of the kernel's engine in MiB."""
        return int((self.engine() / "statm").read_text().split()[1]) * 4096 / 2**20

    def cpu(self):
        """CPU seconds that the kernel's engine has used."""
        fields = (self.engine() / "stat").read_text().rpartition(") ")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def rest(self):
        """Waits until the engine does nothing, and returns its CPU seconds."""
        used = self.cpu()
        while True:
            time.sleep(1)
            now = self.cpu()
            if now - used < 0.03:
                return now
            used = now

    def end(self):
        self.client.stop_channels()
        self.manager.shutdown_kernel()


def forgetful():
    """A kernel that keeps no programs and finds none."""
    os.environ["GRADCAMNB_PROGRAMS"] = "off"
    k = Kernel("gonb-gradcam")
    del os.environ["GRADCAMNB_PROGRAMS"]
    return k


def spread(v):
    return f"{statistics.median(v):.2f} s ({min(v):.2f} to {max(v):.2f} s)"


def firsts(name, given, rounds=5):
    """Prints how long the first map of a model takes in fresh kernels, after a cell with another model."""
    model, picture = given.split(",")
    opening, mapped, cells, backends = [], [], [], set()
    for _ in range(rounds):
        k, said = forgetful(), []
        k.run(OURS.format(285))
        k.rest()
        cells.append(k.run(FIRST.replace("MODEL", model).replace("PICTURE", picture), 1, said.append))
        opened, all_of_it, backend = "".join(said).rpartition("first ")[2].split()[:3]
        opening.append(float(opened))
        mapped.append(float(all_of_it))
        backends.add(backend)
        k.end()
    print(f"\n{name}, its first map in {rounds} fresh kernels that keep no programs, after a cell with EfficientNet-Lite0, explained by "
          f"{' and '.join(sorted(backends))}; medians: opening the file {spread(opening)}, from opening it to the map {spread(mapped)}, "
          f"from sending the cell, which is built first, to its last output {spread(cells)}.")


def pairs(name, given, rounds=5):
    """Prints what new pairs of layers cost, in a kernel of its own that keeps no programs and finds none."""
    model, picture = given.split(",")
    k = forgetful()
    k.run(cell(model, picture).format(285))
    k.rest()
    said = []
    k.run(LAYERS.replace("MODEL", model), 0, said.append)
    names = [line.rpartition("\r")[2] for line in "".join(said).split("\n")[:-1]]
    code = PAIR.replace("MODEL", model).replace("PICTURE", picture)
    wall, upto, all_of_it, backends = [], [], [], set()
    for i in range(rounds):
        two = [names[len(names) * (2 * i + at) // (2 * rounds + 2)] for at in (1, 2)]  # no layer twice
        before, said = k.rest(), []
        k.run(code.format(*two), 0, said.append)
        after = k.cpu()
        took, own, backend = "".join(said).rpartition("pair ")[2].split()[:3]  # a line of progress may stand before it
        wall.append(float(took))
        upto.append(after - before + float(own))
        all_of_it.append(k.rest() - before + float(own))
        backends.add(backend)
    k.end()
    print(f"\n{name}, {rounds} new pairs of layers, explained by {' and '.join(sorted(backends))}; medians: from the call to the maps "
          f"{spread(wall)} of wall time and {spread(upto)} of CPU time, the engine's and the cell's; until the engine is at rest, "
          f"with everything that is compiled in the background, {spread(all_of_it)} of CPU time.")


def row(what, first, warm):
    print(f"| {what} | {first:.2f} s | {statistics.median(warm):.2f} s | {min(warm):.2f} to {max(warm):.2f} s |" if warm else f"| {what} | {first:.2f} s | | |")


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--warm", type=int, default=10)
    p.add_argument("--many", type=int, default=0)
    p.add_argument("--also", action="append", default=[])
    p.add_argument("--pairs", action="append", default=[])
    p.add_argument("--first", action="append", default=[])
    p.add_argument("--python")
    args = p.parse_args()

    kernels = {"resident engine": Kernel("gonb-gradcam")}
    first = {"resident engine": kernels["resident engine"].started + kernels["resident engine"].run(OURS.format(285))}
    code = {"resident engine": OURS}
    alone = kernels["without resident engine"] = Kernel("gonb-gradcam")
    alone.run('%env GRADCAMNB_SOCKET ""', 0)
    code["without resident engine"] = ENGINE + OURS
    first["without resident engine"] = alone.started + alone.run(ENGINE + OURS.format(285))
    with tempfile.TemporaryDirectory() as folder:
        if args.python:
            spec = pathlib.Path(folder, "spec")
            spec.mkdir()
            (spec / "kernel.json").write_text(json.dumps({
                "argv": [args.python, "-m", "ipykernel_launcher", "-f", "{connection_file}"], "display_name": "peer", "language": "python"}))
            KernelSpecManager().install_kernel_spec(str(spec), "gradcam-peer", prefix=folder)
            os.environ["JUPYTER_PATH"] = os.pathsep.join([f"{folder}/share/jupyter", os.environ.get("JUPYTER_PATH", "")])
            peer = kernels["Python kernel, pytorch-grad-cam"] = Kernel("gradcam-peer")
            code["Python kernel, pytorch-grad-cam"] = PYTHON
            first["Python kernel, pytorch-grad-cam"] = peer.started + peer.run(PYTHON_FIRST + PYTHON.format(285))
        for name, k in kernels.items():
            k.run(code[name].format(281))  # one that is not measured
        warm = {name: [] for name in kernels}
        for i in range(args.warm):
            for name, k in kernels.items():
                warm[name].append(k.run(code[name].format(282 + i)))
        print("| cell that explains and shows | kernel start and first cell | warm cell, median | range |\n|---|---|---|---|")
        for name in kernels:
            row(name, first[name], warm[name])
        for also in args.also:
            name, _, given = also.partition("=")
            text = cell(*given.split(","))
            began = kernels["resident engine"].run(text.format(285))
            kernels["resident engine"].run(text.format(281))
            row(f"resident engine, {name}; the first is a cell alone", began,
                [kernels["resident engine"].run(text.format(282 + i)) for i in range(args.warm)])
    resident = kernels["resident engine"]
    if args.many:
        memory = []
        for i in range(args.many // 10):
            resident.run(MANY.format(10 * (i % 90)), pictures=10)
            memory.append(resident.memory())
        print(f"\n{args.many} explanations through one engine, {args.many} pictures arrived: its memory was "
              f"{memory[0]:.0f} MiB after 10, {memory[len(memory) // 2]:.0f} MiB half way and {memory[-1]:.0f} MiB at the end.")
    for k in kernels.values():
        k.end()
    for measure, asked in [(firsts, args.first), (pairs, args.pairs)]:
        for one in asked:
            name, _, given = one.partition("=")
            measure(name, given)


main()
