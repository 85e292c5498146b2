"""Runs an ONNX model in onnxruntime for `gradcam check`.

    check.py FOLDER

FOLDER has model.onnx, whose outputs are the wanted tensors, and the files that inputs.json
names, by input; this writes
0.npy, 1.npy, ... in the order of the outputs, as float32, and prints onnxruntime's version.
Nothing is optimised, so that every tensor is there and is what the file says.
"""
import json
import pathlib
import sys

try:
    import numpy
    import onnxruntime
except ImportError as e:
    print(f"{e} ({sys.executable})", file=sys.stderr)
    sys.exit(3)

folder = pathlib.Path(sys.argv[1])
options = onnxruntime.SessionOptions()
options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
options.log_severity_level = 4
try:
    session = onnxruntime.InferenceSession(str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"])
    files = json.loads((folder / "inputs.json").read_text())
    kinds = {"tensor(float)": "float32", "tensor(double)": "float64"}
    inputs = {}
    for i in session.get_inputs():
        kind = kinds.get(i.type, i.type.removeprefix("tensor(").removesuffix(")"))
        inputs[i.name] = numpy.load(folder / files[i.name], allow_pickle=False).astype(kind)
    for i, value in enumerate(session.run(None, inputs)):
        numpy.save(folder / f"{i}.npy", numpy.ascontiguousarray(value, dtype=numpy.float32).reshape(numpy.shape(value)))
except Exception as e:  # onnxruntime has many kinds
    print(f"onnxruntime {onnxruntime.__version__}: {str(e).strip()}", file=sys.stderr)
    sys.exit(4)
print(onnxruntime.__version__)
