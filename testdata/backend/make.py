"""Writes onnx's own backend tests into a folder, one case a folder, for TestBackendTests:

    python make.py FOLDER

The sets are node (made by onnx's own generators, which draw with fixed seeds), simple, pytorch-converted,
pytorch-operator and light, the nine networks with the inputs that onnx's runner makes for them. Pinned: onnx 1.23.2
(requirements.txt); another version is refused, since its cases differ.
"""

import os
import shutil
import sys
import warnings

import numpy as np
import onnx
import onnx.backend.test.case.node as node
from onnx import TensorProto, numpy_helper
from onnx.backend.test.case.utils import import_recursive

VERSION = "1.23.2"


def write(path, data):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as f:
        f.write(data)


def packed(value, info):
    kind = info.type.WhichOneof("value")
    if kind == "map_type":
        return numpy_helper.from_dict(value, info.name)
    if kind == "sequence_type":
        return numpy_helper.from_list(value, info.name)
    if kind == "optional_type":
        return numpy_helper.from_optional(value, info.name)
    if isinstance(value, TensorProto):
        return value
    return numpy_helper.from_array(np.asarray(value), info.name)


def nodes(out):
    import_recursive(sys.modules["onnx.backend.test.case.node"])
    for case in node._NodeTestCases:
        root = os.path.join(out, "node", case.name)
        write(os.path.join(root, "model.onnx"), case.model.SerializeToString())
        for i, (inputs, outputs) in enumerate(case.data_sets):
            for what, values, infos in (("input", inputs, case.model.graph.input), ("output", outputs, case.model.graph.output)):
                for j, v in enumerate(values):
                    write(f"{root}/test_data_set_{i}/{what}_{j}.pb", packed(v, infos[j]).SerializeToString())


def light(data, out):
    for file in sorted(os.listdir(os.path.join(data, "light"))):
        if not file.endswith(".onnx"):
            continue
        source = os.path.join(data, "light", file)
        name = file.removesuffix(".onnx")
        root = os.path.join(out, "light", name)
        os.makedirs(os.path.join(root, "test_data_set_0"), exist_ok=True)
        shutil.copy(source, os.path.join(root, "model.onnx"))
        graph = onnx.load(source).graph
        weights = {t.name for t in graph.initializer}
        (picture,) = [v for v in graph.input if v.name not in weights]
        shape = [d.dim_value or 1 for d in picture.type.tensor_type.shape.dim]
        n = int(np.prod(shape))
        x = (np.arange(n).reshape(shape) / n).astype(np.float32)
        write(f"{root}/test_data_set_0/input_0.pb", numpy_helper.from_array(x, picture.name).SerializeToString())
        shutil.copy(source.removesuffix(".onnx") + "_output_0.pb", f"{root}/test_data_set_0/output_0.pb")


def main():
    if onnx.__version__ != VERSION:
        sys.exit(f"onnx {VERSION} is wanted, and this is {onnx.__version__}")
    warnings.filterwarnings("ignore")
    out = sys.argv[1]
    data = os.path.join(os.path.dirname(onnx.__file__), "backend", "test", "data")
    nodes(out)
    for name in ("simple", "pytorch-converted", "pytorch-operator"):
        shutil.copytree(os.path.join(data, name), os.path.join(out, name), dirs_exist_ok=True)
    light(data, out)


main()
