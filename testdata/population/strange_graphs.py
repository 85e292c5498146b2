"""Small files written node by node, of kinds that strangers bring. KINDS maps a name to what writes the file and gives its feeds."""
import numpy as np
import onnx
from onnx import TensorProto as T, helper, numpy_helper

KINDS = {}


class Builder:
    """A file that grows node by node: a convolution and a Tanh named act, what is tried, and a head of five classes."""

    def __init__(self, opset=17, channels=3, h=8, w=12, ir=None, seed=0, last=False, kind=T.FLOAT):
        self.r = np.random.RandomState(seed)
        self.nodes, self.weights, self.inputs, self.functions, self.sparse = [], [], [], [], []
        self.opset, self.ir, self.domains, self.count = opset, ir, {}, 0
        self.x = self.r.rand(*((1, h, w, channels) if last else (1, channels, h, w))).astype("float32")
        if kind == T.UINT8:
            self.x = (self.x * 255).astype("uint8")
        self.dims = list(self.x.shape)
        self.kind = kind

    def w(self, *shape, scale=None, of="float32"):
        fan = int(np.prod(shape[1:])) or 1
        return self.c((self.r.randn(*shape) * (scale or (2 / fan) ** 0.5)).astype(of))

    def c(self, array, name=None):
        self.count += 1
        t = numpy_helper.from_array(np.asarray(array), name or f"w{self.count}")
        self.weights.append(t)
        return t.name

    def i(self, *values):
        return self.c(np.asarray(values, "int64"))

    def n(self, op, *ins, outs=1, name=None, domain="", **attributes):
        self.count += 1
        made = [f"t{self.count}.{k}" for k in range(outs)] if isinstance(outs, int) else outs
        self.nodes.append(helper.make_node(op, ins, made, name=f"{op}_{self.count}" if name is None else name, domain=domain, **attributes))
        return made[0] if len(made) == 1 else made

    def conv(self, x, i, o, activation="Relu", **a):
        y = self.n("Conv", x, self.w(o, i, 3, 3), self.c(self.r.randn(o).astype("float32") * 0.1), pads=[1, 1, 1, 1])
        return self.n(activation, y, **a)

    def stem(self, channels=6, x="x"):
        """Tanh, so that no cell lies on a kink."""
        return self.conv(x, self.dims[1], channels, "Tanh", outs=["act"])

    def head(self, x, c):
        x = self.n("GlobalAveragePool", x)
        x = self.n("Flatten", x)
        return self.n("Gemm", x, self.w(c, 5, scale=0.7), self.c(np.zeros(5, "float32")), outs=["y"])

    def save(self, path, out="y", dims=None, outputs=(), rank=2, value_info=(), **save):
        ins = [helper.make_tensor_value_info("x", self.kind, dims or self.dims), *self.inputs]
        outs = [helper.make_tensor_value_info(out, T.FLOAT, None), *outputs]
        g = helper.make_graph(self.nodes, "g", ins, outs, self.weights, value_info=list(value_info), sparse_initializer=self.sparse)
        sets = [helper.make_opsetid("", self.opset), *(helper.make_opsetid(k, v) for k, v in self.domains.items())]
        m = helper.make_model(g, opset_imports=sets, functions=self.functions)
        m.ir_version = self.ir or min(m.ir_version, {7: 3, 8: 3, 9: 4}.get(self.opset, 10))
        onnx.save(m, path, **save)
        return {"x": self.x}, {}


def kind(name, **options):
    """Registers a body: what stands between act and the head, given the builder and act, with 6 channels in and out."""

    def register(body):
        def make(path):
            b = Builder(**options)
            y = body(b, b.stem())
            x, c = y if isinstance(y, tuple) else (y, 6)
            b.head(b.conv(x, c, 4), 4)
            return b.save(path)

        KINDS[name] = make
        return body

    return register


def whole(name):
    """Registers a maker of a whole file: path to feeds and options of check."""

    def register(make):
        KINDS[name] = make
        return make

    return register


def op(name, operator, *constants, opset=17, **attributes):
    kind(name, opset=opset)(lambda b, x: b.n(operator, x, *(b.c(np.asarray(c)) if c is not None else "" for c in constants), **attributes))


f32 = np.float32


# activations and elementwise operators
for name, a in {"Elu": {}, "Celu": dict(alpha=0.7), "Selu": {}, "HardSigmoid": {}, "HardSwish": {}, "Mish": dict(opset=18), "Softplus": {}, "Softsign": {},
                "ThresholdedRelu": dict(alpha=0.3), "Erf": {}, "Atan": {}, "Sin": {}, "Cosh": {}, "Tanh": {}, "Exp": {}, "Reciprocal": None, "Shrink": dict(lambd=0.3, bias=0.1),
                "Gelu": dict(opset=20, approximate="tanh"), "Swish": dict(opset=24, alpha=1.3), "Round": {}, "Asinh": {}}.items():
    if a is None:
        kind(name)(lambda b, x: b.n("Reciprocal", b.n("Add", x, b.c(f32(1.5)))))
    else:
        op(name, name, **a)
op("Clip without a minimum", "Clip", None, f32(0.8))
op("Clip without bounds", "Clip")
op("Clip of opset 6", "Clip", opset=7, min=0.1, max=0.9)
op("LeakyRelu alpha 0", "LeakyRelu", alpha=0.0)
op("PRelu of one number", "PRelu", np.array([0.2], "float32"))
op("PRelu of channels", "PRelu", np.linspace(-0.2, 0.4, 6, dtype="float32").reshape(6, 1, 1))
op("Pow by a whole number", "Pow", np.array(3, "int64"))
op("Mod fmod", "Mod", f32(0.7), fmod=1)
op("Mul by a row", "Mul", np.linspace(0.5, 1.5, 12, dtype="float32"))
op("Div by float of rank 0", "Div", f32(0.3))
op("Sum of three", "Sum", np.ones((1, 6, 1, 1), "float32"), np.full((8, 1), 0.5, "float32"))
op("Mean of two", "Mean", np.ones((6, 8, 12), "float32"))
op("LRN", "LRN", size=3, alpha=0.5, beta=0.8, bias=1.5)
op("LRN even", "LRN", size=4, alpha=0.5)
op("MeanVarianceNormalization", "MeanVarianceNormalization", axes=[2, 3])
op("LpNormalization 1", "LpNormalization", axis=1, p=1)
op("LpPool", "LpPool", kernel_shape=[3, 3], p=3, pads=[1, 1, 1, 1])
op("CumSum reverse exclusive", "CumSum", np.array(3), exclusive=1, reverse=1)
op("Trilu", "Trilu", np.array(1), upper=0)
op("Einsum of channels", "Einsum", np.random.RandomState(1).randn(6, 6).astype("float32"), equation="bchw,cd->bdhw")
op("Einsum with dots", "Einsum", np.random.RandomState(1).randn(12, 12).astype("float32"), equation="...w, wv -> ...v")

# pads and pools
for mode in ("reflect", "edge", "wrap"):
    op(f"Pad {mode}", "Pad", np.array([0, 0, 1, 2, 0, 0, 2, 1]), mode=mode, opset=19)
op("Pad negative", "Pad", np.array([0, 0, -1, 2, 0, 0, 1, -3]))
op("Pad of axes", "Pad", np.array([1, 2]), f32(0.5), np.array([-1]), opset=18)
op("Pad of opset 2", "Pad", opset=7, pads=[0, 0, 1, 1, 0, 0, 1, 1], value=0.2)
for n, a in {"ceil": dict(kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1), "ceil large": dict(kernel_shape=[50, 50], strides=[50, 50], ceil_mode=1), "include": dict(kernel_shape=[3, 3], pads=[1, 1, 1, 1], count_include_pad=1),
             "same lower": dict(kernel_shape=[3, 4], strides=[2, 3], auto_pad="SAME_LOWER"), "uneven": dict(kernel_shape=[2, 3], pads=[1, 0, 0, 2], strides=[2, 1]),
             "ceil include": dict(kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1, pads=[1, 1, 1, 1], count_include_pad=1), "dilated": dict(kernel_shape=[2, 2], dilations=[2, 3])}.items():
    op(f"AveragePool {n}", "AveragePool", opset=19, **a)
    op(f"MaxPool {n}", "MaxPool", opset=19, **{k: v for k, v in a.items() if k != "count_include_pad"})
kind("MaxPool with places, MaxUnpool")(lambda b, x: b.n("MaxUnpool", *b.n("MaxPool", x, outs=2, kernel_shape=[2, 2], strides=[2, 2]), kernel_shape=[2, 2], strides=[2, 2]))
op("GlobalMaxPool, squeezed and back", "GlobalMaxPool")

# convolutions
for n, (shape, a) in {
    "output padding": ((6, 6, 3, 3), dict(strides=[2, 2], pads=[1, 1, 1, 1], output_padding=[1, 1])), "output padding over padding": ((6, 6, 3, 3), dict(strides=[3, 3], output_padding=[2, 1])),
    "groups": ((6, 2, 3, 3), dict(strides=[2, 2], group=3)), "output shape": ((6, 6, 3, 3), dict(strides=[2, 2], output_shape=[17, 24])), "same upper": ((6, 6, 4, 4), dict(strides=[2, 2], auto_pad="SAME_UPPER")),
    "dilations": ((6, 6, 3, 2), dict(dilations=[2, 3])), "uneven pads": ((6, 6, 3, 3), dict(strides=[2, 1], pads=[0, 1, 2, 0])), "depthwise": ((6, 1, 4, 4), dict(strides=[2, 2], pads=[1, 1, 1, 1], group=6)),
}.items():
    kind(f"ConvTranspose {n}")(lambda b, x, shape=shape, a=a: b.n("ConvTranspose", x, b.w(*shape, scale=0.2), **a))
for n, (shape, a) in {
    "same lower": ((6, 6, 4, 3), dict(strides=[2, 1], auto_pad="SAME_LOWER")), "groups, dilated": ((6, 2, 3, 3), dict(group=3, dilations=[2, 1], pads=[2, 1, 2, 1])), "depthwise multiplier": ((12, 1, 3, 3), dict(group=6, pads=[1, 1, 1, 1])),
    "pads uneven": ((6, 6, 2, 3), dict(pads=[1, 0, 0, 2])), "1 x 9": ((6, 6, 1, 9), dict(pads=[0, 4, 0, 4])),
}.items():
    kind(f"Conv {n}")(lambda b, x, shape=shape, a=a: (b.n("Conv", x, b.w(*shape), **a), shape[0]))


@kind("Conv of computed weights")
def _(b, x):
    w = b.n("Mul", b.n("Reshape", b.w(6, 54), b.i(6, 6, 3, -1)), b.n("Exp", b.w(6, 1, 1, 1, scale=0.1)))
    return b.n("Conv", x, w, pads=[1, 1, 1, 1])


@kind("Conv in one axis")
def _(b, x):
    t = b.n("Reshape", x, b.i(0, 6, -1))
    t = b.n("Conv", t, b.w(6, 6, 5), pads=[2, 2])
    return b.n("Reshape", t, b.i(0, 0, 8, 12))


@kind("Conv in three axes")
def _(b, x):
    t = b.n("Unsqueeze", x, b.i(2))
    t = b.n("Conv", t, b.w(6, 6, 1, 3, 3), pads=[0, 1, 1, 0, 1, 1])
    return b.n("Squeeze", t, b.i(2))


@kind("DeformConv", opset=19)
def _(b, x):
    offset = b.n("Conv", x, b.w(18, 6, 3, 3, scale=0.05), b.c(b.r.uniform(0.1, 0.4, 18).astype("float32")), pads=[1, 1, 1, 1])
    mask = b.n("Sigmoid", b.n("Conv", x, b.w(9, 6, 3, 3, scale=0.1), pads=[1, 1, 1, 1]))
    return b.n("DeformConv", x, b.w(6, 6, 3, 3), offset, "", mask, pads=[1, 1, 1, 1], kernel_shape=[3, 3])


# resizing and sampling
for mode in ("nearest", "linear", "cubic"):
    for t in ("half_pixel", "align_corners", "asymmetric", "pytorch_half_pixel", "tf_crop_and_resize", "half_pixel_symmetric"):
        extra = dict(nearest_mode="floor") if mode == "nearest" else dict(cubic_coeff_a=-0.6) if mode == "cubic" else {}
        roi = np.array([0, 0, 0.1, 0.2, 1, 1, 0.8, 0.9], "float32") if t.startswith("tf_") else None
        if (mode, t) == ("nearest", "half_pixel_symmetric"):
            continue
        op(f"Resize {mode} {t}", "Resize", roi, None, np.array([1, 6, 13, 9]), opset=19, mode=mode, coordinate_transformation_mode=t, **extra)
op("Resize antialias", "Resize", None, None, np.array([5, 7]), opset=18, mode="linear", antialias=1, axes=[2, 3])
op("Resize exclude outside", "Resize", None, np.array([1, 1, 1.6, 0.7], "float32"), opset=18, mode="cubic", exclude_outside=1)
op("Resize not larger", "Resize", None, None, np.array([20, 18]), opset=18, mode="linear", axes=[2, 3], keep_aspect_ratio_policy="not_larger")
op("Upsample of opset 9", "Upsample", np.array([1, 1, 2, 1.5], "float32"), opset=9, mode="linear")
op("Upsample of opset 7", "Upsample", opset=7, mode="nearest", scales=[1.0, 1.0, 2.0, 3.0])
op("DepthToSpace CRD, back", "DepthToSpace", blocksize=1, mode="CRD")
kind("SpaceToDepth")(lambda b, x: (b.n("SpaceToDepth", x, blocksize=2), 24))
kind("DepthToSpace CRD")(lambda b, x: (b.n("DepthToSpace", b.conv(x, 6, 24), blocksize=2, mode="CRD"), 6))
for mode in ("linear", "nearest", "cubic"):
    for pad in ("zeros", "border", "reflection"):
        kind(f"GridSample {mode} {pad}", opset=20)(
            lambda b, x, mode=mode, pad=pad: b.n("GridSample", x, b.c(np.random.RandomState(3).uniform(-1.3, 1.3, (1, 7, 9, 2)).astype("float32")), mode=mode, padding_mode=pad, align_corners=int(pad == "border")))
kind("AffineGrid, GridSample", opset=20)(lambda b, x: b.n("GridSample", x, b.n("AffineGrid", b.c(np.array([[[0.9, 0.1, 0.05], [-0.1, 0.8, 0.1]]], "float32")), b.i(1, 6, 8, 12)), mode="linear"))
for mode in ("avg", "max"):
    kind(f"RoiAlign {mode}", opset=16)(
        lambda b, x, mode=mode: b.n("RoiAlign", x, b.c(np.array([[0.7, 1.1, 9.2, 6.3]], "float32")), b.i(0), mode=mode, output_height=4, output_width=5, sampling_ratio=2, coordinate_transformation_mode="half_pixel"))
kind("Col2Im", opset=18)(lambda b, x: b.n("Col2Im", b.n("Reshape", b.conv(x, 6, 24), b.i(1, 24, -1)), b.i(16, 24), b.i(2, 2), strides=[2, 2]))


# normalisations
kind("GroupNormalization 18", opset=18)(lambda b, x: b.n("GroupNormalization", x, b.c(np.ones(3, "float32")), b.c(np.zeros(3, "float32")), num_groups=3))
kind("GroupNormalization 21", opset=21)(lambda b, x: b.n("GroupNormalization", x, b.w(6, scale=1), b.w(6, scale=1), num_groups=2))
kind("InstanceNormalization")(lambda b, x: b.n("InstanceNormalization", x, b.w(6, scale=1), b.w(6, scale=1)))
kind("LayerNormalization of three axes")(lambda b, x: b.n("LayerNormalization", x, b.w(6, 8, 12, scale=1), axis=1))
kind("LayerNormalization of channels, last")(lambda b, x: b.n("Transpose", b.n("LayerNormalization", b.n("Transpose", x, perm=[0, 2, 3, 1]), b.w(6, scale=1), b.w(6, scale=1)), perm=[0, 3, 1, 2]))
kind("RMSNormalization", opset=23)(lambda b, x: b.n("RMSNormalization", x, b.w(12, scale=1), axis=-1))
kind("BatchNormalization")(lambda b, x: b.n("BatchNormalization", x, b.w(6, scale=1), b.w(6, scale=1), b.w(6, scale=1), b.c(np.linspace(0.5, 2, 6, dtype="float32")), epsilon=0.01))


@kind("GroupNorm written with InstanceNormalization")
def _(b, x):
    t = b.n("Reshape", x, b.i(0, 3, -1))
    t = b.n("InstanceNormalization", t, b.c(np.ones(3, "float32")), b.c(np.zeros(3, "float32")))
    t = b.n("Reshape", t, b.n("Shape", x))
    return b.n("Add", b.n("Mul", t, b.w(6, 1, 1, scale=1)), b.w(6, 1, 1, scale=1))


@kind("Norm over sqrt of mean of squares")
def _(b, x):
    return b.n("Div", x, b.n("Sqrt", b.n("Add", b.n("ReduceMean", b.n("Mul", x, x), axes=[1], keepdims=1), b.c(f32(1e-3)))))


# reductions
for name in ("ReduceSum", "ReduceL1", "ReduceL2", "ReduceLogSum", "ReduceLogSumExp", "ReduceSumSquare", "ReduceProd", "ReduceMean"):
    kind(f"{name} of an input of axes", opset=18)(lambda b, x, name=name: b.n("Mul", x, b.n(name, b.n("Add", x, b.c(f32(1.5))), b.i(-1), keepdims=1)))
kind("ReduceSum of no axes does nothing", opset=18)(lambda b, x: b.n("ReduceSum", x, b.c(np.zeros(0, "int64")), noop_with_empty_axes=1))
kind("ReduceMean of all, dropped", opset=18)(lambda b, x: b.n("Mul", x, b.n("ReduceMean", x, keepdims=0)))


# shapes
@kind("Shape, Gather, Unsqueeze, Concat, Reshape")
def _(b, x):
    s = b.n("Shape", x)
    n = b.n("Unsqueeze", b.n("Gather", s, b.c(np.array(0))), b.i(0))
    t = b.n("Reshape", x, b.n("Concat", n, b.i(3, 2), b.n("Slice", s, b.i(2), b.i(4)), axis=0))
    t = b.n("Transpose", t, perm=[0, 2, 1, 3, 4])
    return b.n("Reshape", t, b.n("Concat", n, b.i(-1), b.n("Slice", s, b.i(2), b.i(2**62), b.i(0), b.i(1)), axis=0))


@kind("Reshape with 0 and -1")
def _(b, x):
    return b.n("Reshape", b.n("Reshape", b.n("Reshape", x, b.i(0, 0, -1)), b.i(-1, 6, 8, 12)), b.i(0, -1, 0, 0))


@kind("Shape with start and end")
def _(b, x):
    return b.n("Reshape", b.n("Reshape", x, b.i(1, 6, -1)), b.n("Concat", b.i(1), b.n("Shape", x, start=1, end=-2), b.n("Shape", x, start=-2), axis=0))


@kind("Size, Div, Cast, Floor for a shape")
def _(b, x):
    n = b.n("Cast", b.n("Size", x), to=T.FLOAT)
    cells = b.n("Cast", b.n("Floor", b.n("Div", n, b.c(f32(48)))), to=T.INT64)
    return b.n("Reshape", x, b.n("Concat", b.i(1, 6, 8), b.n("Unsqueeze", b.n("Add", b.n("Sub", cells, cells), b.c(np.array(12))), b.i(0)), axis=0))


@kind("Constants in every form", opset=13)
def _(b, x):
    a = b.n("Constant", value_float=1.5)
    c = b.n("Constant", value_floats=[float(v) for v in np.linspace(0.5, 1, 12)])
    d = b.n("Constant", value=numpy_helper.from_array(b.r.randn(6, 1, 1).astype("float32")))
    values = numpy_helper.from_array(np.array([0.5, 2], "float32"), "v")
    s = b.n("Constant", sparse_value=helper.make_sparse_tensor(values, numpy_helper.from_array(np.array([1, 4]), "i"), [6]))
    e = b.n("Constant", value_ints=[1, 6, 1, 1])
    i = b.n("Constant", value_int=1)
    s = b.n("Reshape", s, e)
    x = b.n("Add", b.n("Mul", b.n("Add", x, a), c), b.n("Add", d, s))
    return b.n("Gather", b.n("Unsqueeze", x, b.n("Constant", value_ints=[0])), b.n("Sub", i, i), axis=0)


@kind("Split without sizes, Concat", opset=13)
def _(b, x):
    p, q = b.n("Split", x, outs=2, axis=1)
    return b.n("Concat", q, b.n("Neg", p), axis=-3)


@kind("Split into uneven parts", opset=18)
def _(b, x):
    p, q, r = b.n("Split", x, outs=3, axis=3, num_outputs=3)
    p2, q2 = b.n("Split", p, outs=2, axis=3, num_outputs=2)
    return b.n("Concat", r, q2, q, p2, axis=3)


kind("Slice backwards")(lambda b, x: b.n("Slice", x, b.i(-1, 20), b.i(-2**62, 1), b.i(2, 3), b.i(-1, -2)))
kind("Slice of opset 1", opset=9)(lambda b, x: b.n("Slice", x, axes=[2, 3], starts=[1, -9], ends=[7, 2**31 - 1]))
kind("Gather of negative places")(lambda b, x: b.n("Gather", x, b.i(-1, 0, -2, 3, 1, 2), axis=1))
kind("GatherElements")(lambda b, x: b.n("GatherElements", x, b.c(np.random.RandomState(4).randint(-12, 12, (1, 6, 8, 5))), axis=3))
kind("GatherND with batches")(lambda b, x: b.n("GatherND", x, b.c(np.array([[[5], [0], [1], [1], [2], [4]]])), batch_dims=1))
kind("ScatterND adds", opset=18)(lambda b, x: b.n("ScatterND", x, b.c(np.array([[0, 1], [0, 3], [0, 1]])), b.n("Gather", b.n("Squeeze", x, b.i(0)), b.i(0, 2, 5), axis=0), reduction="add"))
kind("ScatterElements", opset=18)(lambda b, x: b.n("ScatterElements", x, b.c(np.random.RandomState(4).permutation(12)[:8].reshape(1, 1, 1, 8).repeat(6, 1).repeat(8, 2)), b.n("Slice", x, b.i(0), b.i(8), b.i(3)), axis=3))
op("Tile", "Tile", np.array([1, 1, 2, 3]))
kind("Transpose without perm, twice")(lambda b, x: b.n("Transpose", b.n("Transpose", x)))
kind("EyeLike, MatMul")(lambda b, x: b.n("MatMul", x, b.n("EyeLike", b.c(np.zeros((12, 12), "float32")), k=1)))
kind("OneHot, MatMul")(lambda b, x: b.n("MatMul", x, b.n("OneHot", b.c(np.arange(12)[::-1].copy()), b.c(np.array(12)), b.c(np.array([0.1, 0.9], "float32")))))
kind("Range, positions")(lambda b, x: b.n("Mul", x, b.n("Cos", b.n("Mul", b.n("Cast", b.n("Range", b.c(np.array(0)), b.n("Gather", b.n("Shape", x), b.c(np.array(3))), b.c(np.array(1))), to=T.FLOAT), b.c(f32(0.2))))))
kind("ConstantOfShape, Expand")(lambda b, x: b.n("Add", x, b.n("Expand", b.w(1, 6, 1, 1, scale=1), b.n("Shape", b.n("ConstantOfShape", b.n("Shape", x), value=numpy_helper.from_array(np.array([0.5], "float32")))))))
kind("NonZero of a constant")(lambda b, x: b.n("Gather", x, b.n("Squeeze", b.n("NonZero", b.c(np.array([1, 0, 1, 1, 1, 1, 1], "bool"))), b.i(0)), axis=3))
kind("Where of a computed mask")(lambda b, x: b.n("Where", b.n("Greater", x, b.c(f32(0.35))), x, b.n("Mul", x, b.c(f32(0.1)))))
kind("mask times")(lambda b, x: b.n("Mul", x, b.n("Cast", b.n("Not", b.n("LessOrEqual", x, b.c(f32(0.3)))), to=T.FLOAT)))
kind("And, Or, Xor of masks")(lambda b, x: b.n("Where", b.n("Xor", b.n("And", b.n("Greater", x, b.c(f32(0.3))), b.n("Less", x, b.c(f32(0.9)))), b.n("Or", b.n("Less", x, b.c(f32(0.1))), b.n("Greater", x, b.c(f32(2))))), x, b.n("Sqrt", b.n("Add", x, b.c(f32(1.2))))))
kind("IsNaN, Where")(lambda b, x: b.n("Where", b.n("IsNaN", x), b.c(f32(0)), x))
kind("Cast to float64 and back")(lambda b, x: b.n("Cast", b.n("Cast", x, to=T.DOUBLE), to=T.FLOAT))
kind("CastLike", opset=15)(lambda b, x: b.n("CastLike", x, b.c(f32(0))))
kind("Dropout with inputs", opset=13)(lambda b, x: b.n("Dropout", x, b.c(f32(0.4)), b.c(np.array(False)), outs=2)[0])
kind("zero-sized part in a Concat")(lambda b, x: b.n("Concat", x, b.c(np.zeros((1, 0, 8, 12), "float32")), b.n("Slice", x, b.i(3), b.i(3), b.i(1)), axis=1))
kind("Identity chains")(lambda b, x: b.n("Identity", b.n("Identity", b.n("Identity", x))))
kind("TopK of channels")(lambda b, x: (b.n("TopK", x, b.i(3), outs=2, axis=1)[0], 3))
kind("SE gate")(lambda b, x: b.n("Mul", x, b.n("Sigmoid", b.n("Conv", b.n("Relu", b.n("Conv", b.n("GlobalAveragePool", x), b.w(3, 6, 1, 1))), b.w(6, 3, 1, 1)))))
kind("Hardmax gate")(lambda b, x: b.n("Mul", x, b.n("Add", b.n("Hardmax", b.n("GlobalAveragePool", x), axis=1), b.c(f32(0.5)))))
kind("Det", opset=22)(lambda b, x: b.n("Mul", x, b.n("Reshape", b.n("Det", b.n("Slice", x, b.i(0), b.i(8), b.i(3))), b.i(1, 6, 1, 1))))
kind("DFT", opset=20)(lambda b, x: b.n("Squeeze", b.n("Slice", b.n("DFT", b.n("Unsqueeze", x, b.i(4)), "", b.c(np.array(3))), b.i(0), b.i(1), b.i(4)), b.i(4)))


# sequences
@kind("SequenceConstruct, ConcatFromSequence")
def _(b, x):
    return b.n("ConcatFromSequence", b.n("SequenceConstruct", x, b.n("Neg", x)), axis=1), 12


@kind("SplitToSequence, SequenceAt")
def _(b, x):
    s = b.n("SplitToSequence", x, b.i(2, 3, 1), axis=1)
    return b.n("Concat", *(b.n("SequenceAt", s, b.c(np.array(k))) for k in (2, 0, -2)), axis=1)


@kind("SequenceEmpty, SequenceInsert, SequenceLength")
def _(b, x):
    s = b.n("SequenceInsert", b.n("SequenceInsert", b.n("SequenceEmpty", dtype=T.FLOAT), x), b.n("Exp", x), b.c(np.array(0)))
    n = b.n("Cast", b.n("SequenceLength", s), to=T.FLOAT)
    return b.n("Mul", b.n("SequenceAt", s, b.c(np.array(0))), n)


@kind("Optional, OptionalGetElement", opset=18)
def _(b, x):
    return b.n("OptionalGetElement", b.n("Optional", x))


# control
def branch(name, op_type, x, *more, **a):
    o = name + ".out"
    return helper.make_graph([helper.make_node(op_type, [x, *more], [o], **a)], name, [], [helper.make_tensor_value_info(o, T.FLOAT, None)])


@kind("If on a constant")
def _(b, x):
    return b.n("If", b.c(np.array(False)), then_branch=branch("a", "Exp", x), else_branch=branch("b", "Tanh", x))


@kind("If on a size")
def _(b, x):
    c = b.n("Equal", b.n("Gather", b.n("Shape", x), b.c(np.array(2))), b.c(np.array(8)))
    return b.n("If", c, then_branch=branch("a", "Tanh", x), else_branch=branch("b", "Exp", x))


@kind("Loop of three rounds")
def _(b, x):
    v = helper.make_tensor_value_info
    body = helper.make_graph(
        [helper.make_node("Identity", ["cond"], ["go"]), helper.make_node("Cast", ["it"], ["f"], to=T.FLOAT), helper.make_node("Add", ["f", "one"], ["g"]),
         helper.make_node("Div", [x, "g"], ["d"]), helper.make_node("Add", ["s", "d"], ["next"]), helper.make_node("Identity", ["d"], ["each"])],
        "body", [v("it", T.INT64, []), v("cond", T.BOOL, []), v("s", T.FLOAT, None)], [v("go", T.BOOL, []), v("next", T.FLOAT, None), v("each", T.FLOAT, None)],
        [numpy_helper.from_array(f32(1), "one")])
    s, all_ = b.n("Loop", b.c(np.array(3)), b.c(np.array(True)), x, outs=2, body=body)
    return b.n("Add", s, b.n("ReduceSum", all_, b.i(0), keepdims=0))


@kind("Scan over rows")
def _(b, x):
    v = helper.make_tensor_value_info
    body = helper.make_graph([helper.make_node("Add", ["s", "row"], ["h"]), helper.make_node("Tanh", ["h"], ["next"]), helper.make_node("Identity", ["next"], ["each"])],
        "body", [v("s", T.FLOAT, None), v("row", T.FLOAT, None)], [v("next", T.FLOAT, None), v("each", T.FLOAT, None)])
    rows = b.n("Transpose", x, perm=[2, 0, 1, 3])
    _, out = b.n("Scan", b.n("ReduceMean", rows, axes=[0], keepdims=0), rows, outs=2, body=body, num_scan_inputs=1)
    return b.n("Transpose", out, perm=[1, 2, 0, 3])


@kind("local functions, one in another")
def _(b, x):
    b.domains["my.own"] = 1
    sets = [helper.make_opsetid("", 17), helper.make_opsetid("my.own", 1)]
    inner = helper.make_node("LeakyRelu", ["u"], ["v"])
    ref = inner.attribute.add()
    ref.name, ref.ref_attr_name, ref.type = "alpha", "slope", onnx.AttributeProto.FLOAT
    b.functions += [helper.make_function("my.own", "Inner", ["u"], ["v"], [inner], sets, ["slope"]),
                    helper.make_function("my.own", "Outer", ["a", "k"], ["d"], [helper.make_node("Sub", ["a", "k"], ["b"]), helper.make_node("Inner", ["b"], ["c"], domain="my.own", slope=0.25), helper.make_node("Mul", ["c", "c"], ["d"])], sets)]
    return b.n("Outer", x, b.c(f32(0.4)), domain="my.own")
kind("Clip to computed limits")(lambda b, x: b.n("Clip", x, b.n("Sub", b.n("ReduceMean", x, keepdims=0), b.c(f32(0.2))), b.n("Add", b.n("ReduceMax", x, keepdims=0), b.c(f32(-0.3)))))
