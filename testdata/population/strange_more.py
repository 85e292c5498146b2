"""More small files of kinds that strangers bring: parts of a map, values in another order, rarer forms of operators. They are
registered with those of strange_graphs.py, whose map behind the stem is [1, 6, 8, 12]."""
import numpy as np
from onnx import TensorProto as T, helper

from strange_graphs import Builder, f32, kind, op, whole

ORDER = lambda rows, columns: np.stack(np.meshgrid([0], range(6), rows, columns, indexing="ij"), -1).astype("int64")
i64 = lambda *v: np.asarray(v, "int64")

# ---- parts, and other orders
kind("CenterCropPad cuts", opset=18)(lambda b, x: b.n("CenterCropPad", x, b.i(5, 8), axes=[2, 3]))
kind("CenterCropPad adds", opset=18)(lambda b, x: b.n("CenterCropPad", x, b.i(1, 6, 11, 13)))
kind("Resize of a region")(lambda b, x: b.n("Resize", x, b.c(np.array([0, 0, 0.3, 0.4, 1, 1, 0.9, 0.8], "float32")), "", b.i(1, 6, 6, 8), mode="linear", coordinate_transformation_mode="tf_crop_and_resize"))
kind("Compress of rows")(lambda b, x: b.n("Compress", x, b.c(np.array([1, 0, 0, 1, 1, 0, 1, 1], bool)), axis=2))
kind("ReverseSequence of columns")(lambda b, x: b.n("Transpose", b.n("ReverseSequence", b.n("Transpose", x, perm=[3, 0, 1, 2]), b.i(9), time_axis=0, batch_axis=1), perm=[1, 2, 3, 0]))
kind("GatherND in another order")(lambda b, x: b.n("GatherND", x, b.c(ORDER(range(8)[::-1], range(12)[::-1]))))
kind("ScatterND in another order")(lambda b, x: b.n("ScatterND", b.c(np.zeros((1, 6, 8, 12), "float32")), b.c(ORDER(range(8)[::-1], range(12))), x))
kind("ScatterND overwrites a corner")(lambda b, x: b.n("ScatterND", x, b.c(ORDER(range(2), range(3))), b.c(np.full((1, 6, 2, 3), 0.4, "float32"))))
kind("ScatterND, the largest", opset=18)(lambda b, x: b.n("ScatterND", x, b.c(ORDER(range(4), range(6))), b.c(np.full((1, 6, 4, 6), 0.1, "float32")), reduction="max"))
kind("ScatterElements multiplies", opset=18)(lambda b, x: b.n("ScatterElements", x, b.c(np.tile(i64(3, 1, 1).reshape(1, 1, 3, 1), (1, 6, 1, 12))), b.c(np.full((1, 6, 3, 12), 1.7, "float32")), axis=2, reduction="mul"))
kind("rows and columns exchanged")(lambda b, x: b.n("Transpose", x, perm=[0, 1, 3, 2]))
kind("a checkerboard of Range and Mod")(lambda b, x: b.n("Mul", x, b.n("Cast", b.n("Mod", b.n("Add", b.n("Range", b.c(i64(0)[0]), b.c(i64(12)[0]), b.c(i64(1)[0])), b.n("Reshape", b.n("Range", b.c(i64(0)[0]), b.c(i64(8)[0]), b.c(i64(1)[0])), b.i(8, 1))), b.c(i64(2)[0])), to=T.FLOAT)))
kind("Unique of constants as an index")(lambda b, x: b.n("Gather", x, b.n("Unique", b.c(i64(5, 1, 1, 3, 0, 2, 4)), outs=["u"]), axis=1))

# ---- forms of operators
kind("TopK of columns, smallest, not sorted")(lambda b, x: b.n("ReduceMean", b.n("TopK", x, b.i(5), axis=3, largest=0, sorted=0, outs=2)[0], axes=[3]))
kind("ArgMax of the last, OneHot, a gate", opset=13)(lambda b, x: b.n("Mul", x, b.n("Transpose", b.n("OneHot", b.n("ArgMax", x, axis=1, keepdims=0, select_last_index=1), b.c(i64(6)[0]), b.c(np.array([0.5, 1.5], "float32")), axis=1), perm=[0, 1, 2, 3])))
op("Softmax of opset 11, over all behind an axis", "Softmax", opset=11, axis=2)
op("LogSoftmax of opset 9, over all behind an axis", "LogSoftmax", opset=9, axis=1)
kind("Split by a number, the last smaller", opset=18)(lambda b, x: b.n("Concat", *b.n("Split", x, axis=3, num_outputs=5, outs=5)[::-1], axis=3))
kind("LayerNormalization, its mean is read, too")(lambda b, x: (lambda o: b.n("Add", o[0], o[1]))(b.n("LayerNormalization", x, b.c(np.ones(12, "float32")), outs=3)))
kind("Dropout, its mask is read, too")(lambda b, x: (lambda o: b.n("Where", o[1], o[0], b.c(f32(0))))(b.n("Dropout", x, outs=2)))
kind("Flatten at 0 and -1, Reshape back")(lambda b, x: b.n("Reshape", b.n("Flatten", b.n("Flatten", x, axis=-1), axis=0), b.i(1, 6, 8, 12)))
kind("Squeeze of all ones")(lambda b, x: b.n("Unsqueeze", b.n("Squeeze", x), b.i(0)))
kind("Max of one, Min of three, Sum of one")(lambda b, x: b.n("Sum", b.n("Min", b.n("Max", x), b.c(np.full((6, 1, 1), 0.6, "float32")), b.c(np.linspace(0.2, 0.9, 12, dtype="float32")))))
kind("Resize not smaller", opset=18)(lambda b, x: b.n("Resize", x, "", "", b.i(11, 11), axes=[2, 3], keep_aspect_ratio_policy="not_smaller"))
kind("AveragePool dilated, with its padding", opset=19)(lambda b, x: b.n("AveragePool", x, kernel_shape=[2, 3], dilations=[2, 2], pads=[1, 2, 1, 2], count_include_pad=1))
kind("LpPool dilated", opset=18)(lambda b, x: b.n("LpPool", x, kernel_shape=[2, 2], dilations=[2, 3], p=3))
kind("MaxRoiPool of two regions")(lambda b, x: b.n("ReduceMax", b.n("MaxRoiPool", x, b.c(np.array([[0, 0, 0, 7, 5], [0, 4, 2, 11, 7]], "float32")), pooled_shape=[3, 4]), axes=[0], keepdims=1))
kind("a window of Hann over columns", opset=18)(lambda b, x: b.n("Mul", x, b.n("HannWindow", b.c(i64(12)[0]), periodic=0)))
kind("BatchNormalization of opset 8, spatial", opset=8)(lambda b, x: b.n("BatchNormalization", x, *(b.c(v.astype("float32")) for v in (np.ones(6), np.zeros(6), np.zeros(6), np.full(6, 2.0)))))
kind("Gemm of a picture on its side", opset=13)(lambda b, x: b.n("Reshape", b.n("Gemm", b.n("Reshape", x, b.i(48, 12)), b.w(48, 48), b.c(np.linspace(0, 1, 48, dtype="float32")), transA=1, alpha=0.7, beta=0.3), b.i(1, 6, 8, 12)))
kind("RotaryEmbedding", opset=23)(lambda b, x: b.n("RotaryEmbedding", b.n("Reshape", x, b.i(1, 6, 8, 12)), b.c(np.cos(np.arange(48)).reshape(8, 6).astype("float32")), b.c(np.sin(np.arange(48)).reshape(8, 6).astype("float32")), b.c(np.arange(8).reshape(1, 8))))
kind("Attention, groups of heads, a mask", opset=23)(lambda b, x: b.n("Attention", x, *(b.n("Slice", x, b.i(k), b.i(k + 2), b.i(1)) for k in (0, 4)), b.c(np.tril(np.ones((8, 8), bool)))))
kind("Pad by a computed value")(lambda b, x: b.n("Pad", x, b.i(0, 0, 1, 2, 0, 0, 0, 1), b.n("ReduceMax", x, keepdims=0)))


# ---- control flow
def graph(nodes, inputs, outputs):
    value = lambda v: helper.make_tensor_value_info(v[0], v[1], v[2] if len(v) > 2 else None)
    return helper.make_graph(nodes, "inner", [value(v) for v in inputs], [value(v) for v in outputs])


@kind("Loop, its number of rounds from a shape, with what it scans")
def _(b, x):
    rounds = b.n("Gather", b.n("Shape", x), b.c(i64(2)[0]))
    inner = graph([helper.make_node("Gather", [x, "i"], ["row"], axis=2), helper.make_node("Add", ["sum", "row"], ["more"]), helper.make_node("Mul", ["more", b.c(f32(0.3))], ["out"]), helper.make_node("Identity", ["go"], ["on"])],
                  [("i", T.INT64, []), ("go", T.BOOL, []), ("sum", T.FLOAT)], [("on", T.BOOL), ("more", T.FLOAT), ("out", T.FLOAT)])
    _, scanned = b.n("Loop", rounds, "", b.c(np.zeros((1, 6, 12), "float32")), body=inner, outs=2)
    return b.n("Transpose", scanned, perm=[1, 2, 0, 3])


@kind("Loop that ends by a condition of its counter")
def _(b, x):
    inner = graph([helper.make_node("Mul", ["v", b.c(f32(1.1))], ["w"]), helper.make_node("Less", ["i", b.c(i64(3)[0])], ["on"])],
                  [("i", T.INT64, []), ("go", T.BOOL, []), ("v", T.FLOAT)], [("on", T.BOOL), ("w", T.FLOAT)])
    return b.n("Loop", "", b.c(np.array(True)), x, body=inner)


@kind("Scan over columns from the last")
def _(b, x):
    inner = graph([helper.make_node("Add", ["s", "c"], ["t"]), helper.make_node("Tanh", ["t"], ["n"]), helper.make_node("Identity", ["n"], ["o"])], [("s", T.FLOAT), ("c", T.FLOAT)], [("n", T.FLOAT), ("o", T.FLOAT)])
    return b.n("Scan", b.c(np.zeros((1, 6, 8), "float32")), x, body=inner, num_scan_inputs=1, scan_input_axes=[3], scan_input_directions=[1], scan_output_axes=[3], scan_output_directions=[1], outs=2)[1]


@kind("If inside a Loop, on the counter")
def _(b, x):
    then, other = (graph([helper.make_node("Mul", ["v", b.c(f32(k))], [f"r{k}"])], [], [(f"r{k}", T.FLOAT)]) for k in (0.5, 2.5))
    inner = graph([helper.make_node("Equal", ["i", b.c(i64(1)[0])], ["first"]), helper.make_node("If", ["first"], ["w"], then_branch=then, else_branch=other), helper.make_node("Identity", ["go"], ["on"])],
                  [("i", T.INT64, []), ("go", T.BOOL, []), ("v", T.FLOAT)], [("on", T.BOOL), ("w", T.FLOAT)])
    return b.n("Loop", b.c(i64(3)[0]), "", x, body=inner)


@kind("a local function with attributes of its own")
def _(b, x):
    node = helper.make_node("LeakyRelu", ["a"], ["c"])
    reference = helper.make_attribute("alpha", 0.0)
    reference.ClearField("f")
    reference.ref_attr_name = "slope"
    node.attribute.append(reference)
    b.functions.append(helper.make_function("mine", "Leak", ["a"], ["c"], [node], [helper.make_opsetid("", 17)], ["slope"]))
    b.domains["mine"] = 1
    return b.n("Leak", b.n("Leak", x, domain="mine", slope=0.2), domain="mine", slope=0.6)


# ---- whole files
@whole("a mean picture is taken away first, of opset 9")
def _(path):
    b = Builder(opset=9)
    x = b.n("Sub", "x", b.c(b.r.rand(3, 8, 12).astype("float32")))
    b.head(b.conv(b.stem(x=x), 6, 4), 4)
    return b.save(path)


@whole("a picture of float16 with weights of float32")
def _(path):
    b = Builder(kind=T.FLOAT16)
    b.x = b.x.astype("float16")
    b.head(b.conv(b.stem(x=b.n("Cast", "x", to=T.FLOAT)), 6, 4), 4)
    return b.save(path)


@whole("batch norm of a list before the answer")
def _(path):
    b = Builder()
    x = b.n("Flatten", b.n("GlobalAveragePool", b.conv(b.stem(), 6, 4)))
    x = b.n("BatchNormalization", x, *(b.c(v.astype("float32")) for v in (np.linspace(0.5, 1.5, 4), np.ones(4), np.full(4, 0.2), np.full(4, 0.5))))
    b.n("Gemm", x, b.w(4, 5, scale=0.7), outs=["y"])
    return b.save(path)


@whole("pooled by GlobalLpPool")
def _(path):
    b = Builder()
    x = b.n("Flatten", b.n("GlobalLpPool", b.conv(b.stem(), 6, 4), p=2))
    b.n("MatMul", x, b.w(4, 5, scale=0.7), outs=["y"])
    return b.save(path)


@whole("a first output of whole numbers, of opset 7")
def _(path):
    b = Builder(opset=7)
    x = b.n("Flatten", b.n("GlobalMaxPool", b.conv(b.stem(), 6, 4)))
    b.n("Gemm", x, b.w(4, 5, scale=0.7), b.c(np.zeros(5, "float32")), outs=["scores"])
    b.n("Softmax", "scores", outs=["y"])
    return b.save(path)[0], dict(explains="scores")
