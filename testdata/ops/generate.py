"""One small ONNX file an operator case, and what onnxruntime makes of it.

    pip install -r ../golden/requirements.txt
    python generate.py

Each file is  image -> Identity "x" -> the operator(s) -> y, for an input that the Go test
makes, too: value i is ((i * 7919) % 1009) / 1009 * 4 - 2, all different within a window, so that
no maximum is tied and no kink is hit. Made with onnx 1.23.2 and onnxruntime 1.32.0.
"""
import pathlib

import numpy as np
import onnx
import onnxruntime as ort
from onnx import TensorProto as T, helper as H, numpy_helper as NH

OUT = pathlib.Path(__file__).parent
rng = np.random.default_rng(7)


def image(*dims):
    i = np.arange(int(np.prod(dims)))
    return (((i * 7919) % 1009) / 1009 * 4 - 2).astype(np.float32).reshape(dims)


def w(*dims):
    return rng.normal(0, 0.5, dims).astype(np.float32)


def ints(*v):
    return np.array(v, np.int64)


def case(name, op, consts=(), dims=(2, 4, 9, 10), opset=20, first=None, last=None, domain="", **attrs):
    """op of x and the constants; first is an operator and its constant before it, last one that reads what op makes."""
    names = [f"c{k}" if c is not None else "" for k, c in enumerate(consts)]
    out = "y" if last is None else "z"
    nodes, x = [H.make_node("Identity", ["image"], ["x"])], "x"
    if first:
        nodes.append(H.make_node(first[0], ["x", "first"], ["x1"]))
        x = "x1"
    nodes.append(H.make_node(op, [x, *names], [out], name=name, domain=domain or None, **attrs))
    if last:
        nodes.append(H.make_node(last, ["z"], ["y"]))
    graph = H.make_graph(nodes, name, [H.make_tensor_value_info("image", T.FLOAT, list(dims))],
                         [H.make_tensor_value_info("y", T.FLOAT, None)],
                         [NH.from_array(c, f"c{k}") for k, c in enumerate(consts) if c is not None] + ([NH.from_array(first[1], "first")] if first else []))
    m = H.make_model(graph, opset_imports=[H.make_opsetid("", opset)] + ([H.make_opsetid(domain, 1)] if domain else []), ir_version=8)
    save(name, m, dims)


def save(name, m, dims):
    onnx.save(m, OUT / f"{name}.onnx")
    y = ort.InferenceSession(m.SerializeToString(), providers=["CPUExecutionProvider"]).run(None, {"image": image(*dims)})[0]
    np.save(OUT / f"{name}.npy", y.astype("<f4"))


conv = dict(kernel_shape=[3, 3])
case("conv-1x1", "Conv", [w(5, 4, 1, 1), w(5)])
case("conv-1x1-stride2", "Conv", [w(5, 4, 1, 1)], strides=[2, 2])
case("conv-3x3", "Conv", [w(5, 4, 3, 3), w(5)], pads=[1, 1, 1, 1])
case("conv-3x3-stride2-uneven-pads", "Conv", [w(5, 4, 3, 3)], pads=[0, 1, 1, 0], strides=[2, 2])
case("conv-3x3-dilated", "Conv", [w(5, 4, 3, 3)], pads=[2, 2, 2, 2], dilations=[2, 2])
case("conv-1x7", "Conv", [w(5, 4, 1, 7)], pads=[0, 3, 0, 3])
case("conv-2x2-patch", "Conv", [w(5, 4, 2, 2), w(5)], strides=[2, 2])
case("conv-4x4-patch", "Conv", [w(5, 4, 4, 4)], strides=[4, 4])
case("conv-2x2-stride1", "Conv", [w(5, 4, 2, 2)])
case("conv-4x4-stride2-pad1", "Conv", [w(5, 4, 4, 4), w(5)], strides=[2, 2], pads=[1, 1, 1, 1])
case("conv-4x3-dilated", "Conv", [w(5, 4, 4, 3)], dilations=[2, 1], pads=[1, 0, 2, 0])
case("conv-same-upper", "Conv", [w(5, 4, 3, 3)], strides=[2, 2], auto_pad="SAME_UPPER")
case("conv-same-lower", "Conv", [w(5, 4, 4, 4)], strides=[2, 2], auto_pad="SAME_LOWER")
case("conv-valid", "Conv", [w(5, 4, 3, 3)], strides=[2, 2], auto_pad="VALID")
case("conv-depthwise-3x3", "Conv", [w(4, 1, 3, 3), w(4)], pads=[1, 1, 1, 1], group=4)
case("conv-depthwise-5x5-stride2", "Conv", [w(4, 1, 5, 5)], pads=[1, 1, 2, 2], strides=[2, 2], group=4)
case("conv-depthwise-3x3-dilated", "Conv", [w(4, 1, 3, 3)], pads=[2, 2, 2, 2], dilations=[2, 2], group=4)
case("conv-depthwise-multiplier2", "Conv", [w(8, 1, 3, 3)], pads=[1, 1, 1, 1], group=4)
case("conv-grouped", "Conv", [w(6, 2, 3, 3), w(6)], pads=[1, 1, 1, 1], group=2)
case("conv-grouped-1x1-stride2", "Conv", [w(6, 2, 1, 1)], strides=[2, 2], group=2)

case("convtranspose-2x2-stride2", "ConvTranspose", [w(4, 5, 2, 2), w(5)], strides=[2, 2])
case("convtranspose-4x4-stride2-pad1", "ConvTranspose", [w(4, 5, 4, 4)], strides=[2, 2], pads=[1, 1, 1, 1])
case("convtranspose-3x3-stride2-outpad", "ConvTranspose", [w(4, 5, 3, 3)], strides=[2, 2], pads=[1, 1, 1, 1], output_padding=[1, 1])
case("convtranspose-3x3-dilated", "ConvTranspose", [w(4, 5, 3, 3)], dilations=[2, 2])

case("maxpool-2x2", "MaxPool", kernel_shape=[2, 2], strides=[2, 2])
case("maxpool-3x3-stride2-pad1", "MaxPool", kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
case("maxpool-3x3-ceil", "MaxPool", kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1)
case("maxpool-2x2-ceil-pad", "MaxPool", kernel_shape=[2, 2], strides=[2, 2], ceil_mode=1, pads=[1, 1, 1, 1])
case("maxpool-dilated", "MaxPool", kernel_shape=[2, 2], dilations=[2, 2])
case("averagepool-2x2", "AveragePool", kernel_shape=[2, 2], strides=[2, 2])
case("averagepool-3x3-pad-exclude", "AveragePool", kernel_shape=[3, 3], pads=[1, 1, 1, 1], count_include_pad=0)
case("averagepool-3x3-pad-include", "AveragePool", kernel_shape=[3, 3], pads=[1, 1, 1, 1], count_include_pad=1)
case("averagepool-3x3-ceil", "AveragePool", kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1)
case("averagepool-2x2-same", "AveragePool", kernel_shape=[2, 2], strides=[2, 2], auto_pad="SAME_UPPER")
case("averagepool-whole", "AveragePool", kernel_shape=[9, 10])
case("globalaveragepool", "GlobalAveragePool")

half = dict(coordinate_transformation_mode="half_pixel")
case("resize-linear-up", "Resize", [None, None, ints(2, 4, 20, 17)], mode="linear", **half)
case("resize-linear-down", "Resize", [None, None, ints(2, 4, 4, 5)], mode="linear", **half)
case("resize-linear-corners", "Resize", [None, None, ints(2, 4, 20, 17)], mode="linear", coordinate_transformation_mode="align_corners")
case("resize-linear-scales", "Resize", [None, np.array([1, 1, 2, 1.5], np.float32)], mode="linear", coordinate_transformation_mode="asymmetric")
case("resize-nearest-floor", "Resize", [None, np.array([1, 1, 2, 2], np.float32)], mode="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor")
case("resize-nearest-half", "Resize", [None, None, ints(2, 4, 13, 7)], mode="nearest", nearest_mode="round_prefer_floor", **half)
case("resize-cubic", "Resize", [None, None, ints(2, 4, 20, 17)], mode="cubic", cubic_coeff_a=-0.75, **half)

case("relu", "Relu")
case("clip", "Clip", [np.float32(-0.5), np.float32(1.1)])
case("clip-opset6", "Clip", opset=6, min=-0.5, max=1.1)
case("hardsigmoid", "HardSigmoid", alpha=1 / 6, beta=0.5)
case("hardswish", "HardSwish")
case("sigmoid", "Sigmoid")
case("tanh", "Tanh")
case("gelu", "Gelu")
case("gelu-tanh", "Gelu", approximate="tanh")
case("mul-channels", "Mul", [w(4, 1, 1)])
case("add-full", "Add", [w(2, 4, 9, 10)])
case("batchnorm", "BatchNormalization", [w(4), w(4), w(4), np.abs(w(4)) + 0.1], epsilon=1e-3)
case("layernorm", "LayerNormalization", [w(10), w(10)], axis=-1)
case("softmax", "Softmax", axis=-1)
case("softmax-opset11", "Softmax", opset=11, axis=1)
case("reducemean-keep", "ReduceMean", [ints(2, 3)], keepdims=1)
case("reducemean-drop", "ReduceMean", [ints(-1, -2)], keepdims=0)
case("reducemean-attr", "ReduceMean", opset=11, axes=[2, 3], keepdims=0)
case("reducemax", "ReduceMax", [ints(1)], keepdims=1)
case("transpose", "Transpose", perm=[0, 2, 3, 1])
case("transpose-back", "Transpose", perm=[0, 3, 1, 2])
case("flatten", "Flatten")
case("reshape", "Reshape", [ints(0, -1, 10)])
case("slice", "Slice", [ints(1, -7), ints(4, -1), ints(1, 3), ints(2, 3)])
case("pad", "Pad", [ints(0, 0, 1, 2, 0, 0, 3, 0), np.float32(0.25)])
case("gather-one", "Gather", [np.array(2, np.int64)], axis=2)
case("gather-many", "Gather", [ints(2, 0, -1)], axis=1)
case("matmul", "MatMul", [w(10, 6)])
case("relu-then-gap", "Relu", last="GlobalAveragePool")

# Every way that a depthwise kernel can lie over the picture's edges.
case("conv-depthwise-3x3-no-pad", "Conv", [w(4, 1, 3, 3)], group=4)
case("conv-depthwise-4x4-uneven-pads", "Conv", [w(4, 1, 4, 4)], pads=[2, 0, 1, 3], group=4)
case("conv-depthwise-3x5-stride1x2", "Conv", [w(4, 1, 3, 5)], pads=[0, 2, 2, 2], strides=[1, 2], group=4)
case("conv-depthwise-3x3-wide-pads", "Conv", [w(4, 1, 3, 3)], pads=[4, 3, 5, 0], group=4)
case("conv-depthwise-3x3-stride2x1", "Conv", [w(4, 1, 3, 3)], pads=[1, 1, 1, 1], strides=[2, 1], group=4)

case("gathernd", "GatherND", [np.array([[[1, 0], [0, 3]], [[1, 2], [-1, -4]]], np.int64)], dims=(2, 4, 3, 5))
case("einsum-relative-positions", "Einsum", [w(4, 6, 3)], dims=(2, 4, 5, 6), equation="b c h d , c d k -> b c h k")

# Normalisations by the picture's own statistics.
case("instancenorm", "InstanceNormalization", [w(4), w(4)], epsilon=1e-3)
case("instancenorm-rank3", "InstanceNormalization", [w(4), w(4)], dims=(2, 4, 1, 90), first=("Reshape", ints(2, 4, 90)))
case("groupnorm", "GroupNormalization", [w(4), w(4)], opset=21, num_groups=2)
case("groupnorm-opset18", "GroupNormalization", [w(2), w(2)], opset=18, num_groups=2)

# Resizing before opset 11 had no modes of coordinates: asymmetric, and rounded as onnxruntime does.
def scales(h, w):
    return np.array([1, 1, h, w], np.float32)


case("upsample-opset9-nearest", "Upsample", [scales(2, 3)], opset=9, mode="nearest")
case("upsample-opset9-linear", "Upsample", [scales(2, 2)], opset=9, mode="linear")
case("upsample-opset7", "Upsample", opset=7, mode="nearest", scales=[1.0, 1.0, 2.0, 2.0])
case("resize-opset10-nearest", "Resize", [scales(2, 1.5)], opset=10, mode="nearest")
case("resize-opset10-nearest-down", "Resize", [scales(0.6, 0.5)], opset=10, mode="nearest")
case("resize-opset10-linear", "Resize", [scales(2, 1.5)], opset=10, mode="linear")

# Activations.
case("leakyrelu", "LeakyRelu", alpha=0.2)
case("prelu", "PRelu", [w(4, 1, 1)])
case("elu", "Elu", alpha=0.7)
case("celu", "Celu", alpha=0.7)
case("selu", "Selu")
case("softplus", "Softplus")
case("mish", "Mish")
case("softsign", "Softsign")
case("thresholdedrelu", "ThresholdedRelu", alpha=0.3)

# onnxruntime's own operators, as its extended optimiser writes them.
MS = dict(domain="com.microsoft")
case("ms-fusedconv-clip", "FusedConv", [w(5, 4, 3, 3), w(5)], activation="Clip", activation_params=[-1.0, 2.0], **MS)
case("ms-fusedconv-add-relu", "FusedConv", [w(5, 4, 3, 3), w(5), w(2, 5, 7, 8)], activation="Relu", **MS)
case("ms-fusedmatmul", "FusedMatMul", [w(6, 10)], transB=1, alpha=0.3, **MS)
case("ms-fusedmatmul-a", "FusedMatMul", [w(2, 4, 9, 6)], transA=1, **MS)
case("ms-biasgelu", "BiasGelu", [w(10)], **MS)
case("ms-fastgelu", "FastGelu", [w(10)], **MS)
case("ms-quickgelu", "QuickGelu", alpha=1.5, **MS)

# Through integers and back. The steps are powers of two, of which the differences that the test takes are whole
# multiples, so that the slope by differences is the one that goes straight through; the ends saturate.
names = ["s", "z"]
nodes = [H.make_node("Identity", ["image"], ["x"]), H.make_node("QuantizeLinear", ["x", *names], ["q"], name="quantise"),
         H.make_node("DequantizeLinear", ["q", *names], ["y"], name="dequantise")]
graph = H.make_graph(nodes, "quantise-int16", [H.make_tensor_value_info("image", T.FLOAT, [2, 4, 9, 10])], [H.make_tensor_value_info("y", T.FLOAT, None)],
                     [NH.from_array(np.float32(2**-14), "s"), NH.from_array(np.int16(4096), "z")])
save("quantise-int16", H.make_model(graph, opset_imports=[H.make_opsetid("", 21)], ir_version=10), (2, 4, 9, 10))

rng = np.random.default_rng(8)
# Wide enough that neighbouring groups are joined into several blocks.
case("conv-grouped-blocks", "Conv", [w(50, 12, 3, 3), w(50)], dims=(1, 60, 5, 6), pads=[1, 1, 1, 1], group=5)
case("conv-grouped-blocks-stride2", "Conv", [w(80, 20, 3, 3)], dims=(1, 80, 5, 6), pads=[1, 1, 1, 1], strides=[2, 2], group=4)

case("ms-fusedgemm-leakyrelu", "FusedGemm", [w(6, 90), w(6)], first=("Reshape", ints(8, 90)), transB=1, activation="LeakyRelu", activation_alpha=0.2, **MS)
case("ms-fusedgemm-relu", "FusedGemm", [w(90, 6), w(6)], first=("Reshape", ints(8, 90)), alpha=0.5, activation="Relu", **MS)


# Operators on eight-bit integers, x -> QuantizeLinear -> the operator -> DequantizeLinear -> y. All steps are powers of
# two, so that onnxruntime and float32 round alike, and the difference that the test takes, 1/8, is four steps of x: what
# comes of it is a whole number of steps, and the slope by differences is the one that goes straight through (but for the
# sigmoid's, which is right to a step).
STEP, ZERO = np.float32(1 / 32), np.uint8(128)


def q(values, step, zero):
    """The constant as integers, with its step and zero point."""
    lo, hi = np.iinfo(zero.dtype).min, np.iinfo(zero.dtype).max
    return [np.clip(np.round(np.asarray(values) / step) + int(zero), lo, hi).astype(zero.dtype), np.float32(step), zero]


def qcase(name, op, operands=(), result=(STEP, ZERO), domain="com.microsoft", result_first=False, offset=None, **attrs):
    init = {"xs": STEP, "xz": ZERO, "ys": np.float32(result[0]), "yz": result[1]}
    inputs = ["q", "xs", "xz"]
    for k, operand in enumerate(operands):
        for part, c in zip("vsz", operand):
            init[f"{part}{k}"] = c
        inputs += [f"v{k}", f"s{k}", f"z{k}"]
    inputs = ["ys", "yz", *inputs] if result_first else [*inputs, "ys", "yz"]
    nodes, x = [H.make_node("Identity", ["image"], ["x"])], "x"
    if offset is not None:
        init["offset"] = offset
        nodes.append(H.make_node("Add", ["x", "offset"], ["x1"]))
        x = "x1"
    nodes += [H.make_node("QuantizeLinear", [x, "xs", "xz"], ["q"]), H.make_node(op, inputs, ["r"], name=name, domain=domain or None, **attrs),
              H.make_node("DequantizeLinear", ["r", "ys", "yz"], ["y"])]
    graph = H.make_graph(nodes, name, [H.make_tensor_value_info("image", T.FLOAT, [2, 4, 9, 10])], [H.make_tensor_value_info("y", T.FLOAT, None)],
                         [NH.from_array(np.asarray(c), k) for k, c in init.items()])
    save(name, H.make_model(graph, opset_imports=[H.make_opsetid("", 20), H.make_opsetid("com.microsoft", 1)], ir_version=8), (2, 4, 9, 10))


rng = np.random.default_rng(9)
sparse = np.zeros((10, 6))  # two of the ten a column, so that no sum saturates
for k in range(6):
    sparse[k, k], sparse[9 - k, k] = (1, -0.5) if k % 2 else (-1, 1)
qcase("qlinear-add", "QLinearAdd", [q(rng.integers(-8, 8, (4, 1, 1)) / 8, 1 / 8, np.uint8(100))])
qcase("qlinear-mul", "QLinearMul", [q([[[1]], [[-1]], [[0.5]], [[1.5]]], 1 / 2, np.uint8(3))])
qcase("qlinear-concat", "QLinearConcat", [q(w(2, 3, 9, 10), 1 / 16, np.uint8(120))], result_first=True, axis=1)
qcase("qlinear-matmul", "QLinearMatMul", [q(sparse, 1 / 2, np.int8(0))], domain="")
qcase("qlinear-matmul-columns", "QLinearMatMul", [[q(sparse, 1 / 2, np.int8(0))[0], np.tile(np.float32([0.5, 1]), 3), np.zeros(6, np.int8)]], domain="")
qcase("qlinear-averagepool", "QLinearAveragePool", kernel_shape=[2, 2], strides=[2, 2])
qcase("qlinear-globalaveragepool", "QLinearGlobalAveragePool", result=(1 / 4096, ZERO))
qcase("qlinear-sigmoid", "QLinearSigmoid", result=(1 / 256, np.uint8(0)))
# Away from the kink, on either side of it.
qcase("qlinear-leakyrelu", "QLinearLeakyRelu", alpha=0.25, offset=np.where(image(2, 4, 9, 10) < 0, -1, 1).astype(np.float32))
