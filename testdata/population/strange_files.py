"""Whole files of kinds that strangers bring: inputs, heads, number types, what is written beside the graph. KINDS as in strange_graphs.py."""
import numpy as np
import onnx
from onnx import TensorProto as T, helper, numpy_helper

from strange_graphs import Builder, branch

KINDS = {}
f32 = np.float32
info = helper.make_tensor_value_info


def whole(name):
    def register(make):
        KINDS[name] = make
        return make

    return register


def plain(b, x="x"):
    return b.head(b.conv(b.stem(x=x), 6, 4), 4)


# opsets
for opset in (*range(7, 25),):

    @whole(f"opset {opset}")
    def _(path, opset=opset):
        b = Builder(opset=opset)
        x = b.stem()
        x = b.n("BatchNormalization", x, *(b.c(np.linspace(0.5, 1.5, 6, dtype="float32")) for _ in range(4)))
        x = b.n("Clip", x, min=0.1, max=5.0) if opset < 11 else b.n("Clip", x, b.c(f32(0.1)), b.c(f32(5)))
        x = b.n("Pad", x, pads=[0, 0, 1, 1, 0, 0, 1, 1]) if opset < 11 else b.n("Pad", x, b.i(0, 0, 1, 1, 0, 0, 1, 1))
        x = b.n("Slice", x, axes=[2], starts=[1], ends=[9]) if opset < 10 else b.n("Slice", x, b.i(1), b.i(9), b.i(2))
        p, q = b.n("Split", x, outs=2, axis=1) if opset < 18 else b.n("Split", x, outs=2, axis=1, num_outputs=2)
        x = b.n("Concat", q, p, axis=1)
        x = b.n("Dropout", x)
        x = b.conv(x, 6, 4)
        x = b.n("ReduceMean", x, axes=[2, 3], keepdims=1) if opset < 18 else b.n("ReduceMean", x, b.i(2, 3), keepdims=1)
        x = b.n("Squeeze", x, axes=[2, 3]) if opset < 13 else b.n("Squeeze", x, b.i(2, 3))
        x = b.n("Unsqueeze", x, axes=[1]) if opset < 13 else b.n("Unsqueeze", x, b.i(1))
        x = b.n("Flatten", x)
        b.n("Gemm", x, b.w(4, 5, scale=0.7), b.c(np.zeros(5, "float32")), outs=["y"])
        return b.save(path)


# what is written beside the graph
@whole("external data")
def _(path):
    b = Builder()
    plain(b)
    return b.save(path, save_as_external_data=True, all_tensors_to_one_file=True, location="weights.bin", size_threshold=0)


@whole("external data, a file each")
def _(path):
    b = Builder()
    plain(b)
    return b.save(path, save_as_external_data=True, all_tensors_to_one_file=False, size_threshold=100)


@whole("initialisers are inputs, too")
def _(path):
    b = Builder(opset=8, ir=3)
    plain(b)
    b.inputs += [info(t.name, t.data_type, t.dims) for t in b.weights]
    return b.save(path)


@whole("initialisers before the picture among the inputs")
def _(path):
    b = Builder(opset=8, ir=3)
    plain(b)
    feeds = b.save(path)
    p = onnx.load(path)
    weights = [info(t.name, t.data_type, t.dims) for t in b.weights]
    picture = p.graph.input[0]
    keep = onnx.ValueInfoProto()
    keep.CopyFrom(picture)
    del p.graph.input[:]
    p.graph.input.extend([*weights, keep])
    onnx.save(p, path)
    return feeds


@whole("sparse initialiser")
def _(path):
    b = Builder()
    x = b.stem()
    w = np.zeros((6, 6, 1, 1), "float32")
    at = np.array([0, 7, 14, 22, 28, 35])
    w.ravel()[at] = np.linspace(-1, 1, 6)
    b.sparse.append(helper.make_sparse_tensor(numpy_helper.from_array(w.ravel()[at], "sw"), numpy_helper.from_array(np.stack([at // 6, at % 6], 1), "si"), [6, 6]))
    x = b.n("Conv", x, b.n("Reshape", "sw", b.i(6, 6, 1, 1)))
    b.head(b.conv(x, 6, 4), 4)
    return b.save(path)


def renamed(path, f, **o):
    b = Builder()
    plain(b)
    feeds = b.save(path)
    p = onnx.load(path)
    for n in p.graph.node:
        n.name = f(n)
    onnx.save(p, path)
    return feeds


KINDS["no node has a name"] = lambda path: renamed(path, lambda n: "")
KINDS["all nodes have one name"] = lambda path: renamed(path, lambda n: "node")
KINDS["names of 3000 letters"] = lambda path: renamed(path, lambda n: n.name + "x" * 3000)


@whole("tensors have strange names")
def _(path):
    b = Builder()
    plain(b)
    feeds = b.save(path)
    p = onnx.load(path)
    odd = {}
    for k, n in enumerate(p.graph.node):
        for side in (n.input, n.output):
            for i, t in enumerate(side):
                if t and t not in ("x", "y", "act"):
                    side[i] = odd.setdefault(t, ["слой %d", "层/%d:0", "a b\t%d", "../%d", "%%s{%d}", "\"%d'"][len(odd) % 6] % len(odd))
    for t in p.graph.initializer:
        t.name = odd.get(t.name, t.name)
    onnx.save(p, path)
    return feeds


@whole("nodes out of order")
def _(path):
    b = Builder()
    plain(b)
    b.nodes.reverse()
    return b.save(path)


@whole("outputs declared without a type's shape, value_info wrong in nothing")
def _(path):
    b = Builder()
    plain(b)
    return b.save(path, value_info=[info("act", T.FLOAT, [1, 6, "h", "w"])])


@whole("doc strings, metadata, training info")
def _(path):
    b = Builder()
    plain(b)
    feeds = b.save(path)
    p = onnx.load(path)
    p.doc_string = "made\nby \x01 a stranger"
    m = p.metadata_props.add()
    m.key, m.value = "names", "{0: 'cat', 1: 'dog', 2: 'bird', 3: 'cow', 4: 'ant'}"
    onnx.save(p, path)
    return feeds


@whole("an opset of a domain that no node uses")
def _(path):
    b = Builder()
    plain(b)
    b.domains |= {"ai.onnx.ml": 3, "com.microsoft": 1, "com.example": 7}
    return b.save(path)


# inputs
for n, dims in {"batch, height, width": ["batch", 3, "height", "width"], "all unknown": [None, 3, None, None], "channels unknown, too": [None, None, None, None], "-1": [-1, 3, -1, -1], "0": [0, 3, 8, 12], "one name for all": ["n", 3, "n", "n"]}.items():

    @whole(f"dynamic sizes: {n}")
    def _(path, dims=dims, n=n):
        b = Builder()
        plain(b)
        return b.save(path, dims=dims)[0], dict(size=() if n == "0" else ("--size", "12x8"))


for channels in (1, 2, 4, 11):
    for last in (False, True):

        @whole(f"{channels} channels, {'last' if last else 'first'}")
        def _(path, channels=channels, last=last):
            b = Builder(channels=channels, last=last)
            b_dims = b.dims
            b.dims = [1, channels, 8, 12]
            plain(b, b.n("Transpose", "x", perm=[0, 3, 1, 2]) if last else "x")
            b.dims = b_dims
            return b.save(path)


@whole("bytes, channels last, preprocessing inside")
def _(path):
    b = Builder(kind=T.UINT8, last=True)
    dims, b.dims = b.dims, [1, 3, 8, 12]
    t = b.n("Cast", "x", to=T.FLOAT)
    t = b.n("Transpose", t, perm=[0, 3, 1, 2])
    t = b.n("Div", b.n("Sub", t, b.c(np.array([123.7, 116.3, 103.5], "float32").reshape(1, 3, 1, 1))), b.c(np.array([58.4, 57.1, 57.4], "float32").reshape(3, 1, 1)))
    plain(b, t)
    b.dims = dims
    return b.save(path)


@whole("bytes, channels first, BGR inside by Gather")
def _(path):
    b = Builder(kind=T.UINT8)
    t = b.n("Gather", b.n("Div", b.n("Cast", "x", to=T.FLOAT), b.c(f32(255))), b.i(2, 1, 0), axis=1)
    plain(b, t)
    return b.save(path)


@whole("channels last, mirrored by Slice, resized inside")
def _(path):
    b = Builder(last=True)
    dims, b.dims = b.dims, [1, 3, 8, 12]
    t = b.n("Slice", "x", b.i(-1), b.i(-2**63), b.i(3), b.i(-1))
    t = b.n("Transpose", t, perm=[0, 3, 1, 2])
    t = b.n("Resize", t, "", "", b.i(1, 3, 16, 18), mode="linear")
    plain(b, t)
    b.dims = dims
    return b.save(path)


@whole("a picture without a batch")
def _(path):
    b = Builder()
    b.dims = [1, 3, 8, 12]
    plain(b, b.n("Unsqueeze", "x", b.i(0)))
    b.x, b.dims = b.x[0], [3, 8, 12]
    return b.save(path)


@whole("a flattened input")
def _(path):
    b = Builder()
    plain(b, b.n("Reshape", "x", b.i(1, 3, 8, 12)))
    b.x, b.dims = b.x.reshape(1, -1), [1, 288]
    return b.save(path)


# number types
def typed(path, elem, np_type, inside):
    b = Builder()
    t = "x" if not inside else b.n("Cast", "x", to=elem)
    w = lambda a: b.n("Cast", b.c(a), to=elem) if elem == T.BFLOAT16 else b.c(a.astype(np_type))
    r = b.r
    t = b.n("Relu", b.n("Conv", t, w((r.randn(6, 3, 3, 3) * 0.3).astype("float32")), pads=[1, 1, 1, 1]), outs=["act"])
    t = b.n("Relu", b.n("Conv", t, w((r.randn(4, 6, 3, 3) * 0.2).astype("float32")), pads=[1, 1, 1, 1]))
    t = b.n("Flatten", b.n("GlobalAveragePool", t))
    t = b.n("MatMul", t, w(r.randn(4, 5).astype("float32")))
    b.n("Cast", t, to=T.FLOAT, outs=["y"]) if inside else b.n("Identity", t, outs=["y"])
    if not inside:
        b.x, b.kind = b.x.astype(np_type), elem
    feeds = b.save(path)
    if not inside:
        p = onnx.load(path)
        p.graph.output[0].type.tensor_type.elem_type = elem
        onnx.save(p, path)
    return feeds[0], dict(tolerance={T.FLOAT16: 1e-3, T.BFLOAT16: 1e-2}.get(elem, 1e-5))


for n, elem, t in (("float16", T.FLOAT16, "float16"), ("float64", T.DOUBLE, "float64"), ("bfloat16", T.BFLOAT16, None)):
    for inside in (True, False) if t else (True,):
        KINDS[f"{n} {'inside' if inside else 'throughout'}"] = lambda path, elem=elem, t=t, inside=inside: typed(path, elem, t, inside)


# heads
def headed(name, channels=5, **options):
    def register(end):
        def make(path):
            b = Builder()
            x = b.conv(b.stem(), 6, 4)
            end(b, x)
            return b.save(path)[0], dict(options)

        KINDS[name] = make
        return end

    return register


def logits(b, x, outs=1):
    return b.n("Gemm", b.n("Flatten", b.n("GlobalAveragePool", x)), b.w(4, 5, scale=1), b.c(np.linspace(-0.3, 0.3, 5, dtype="float32")), outs=outs)


headed("ends in Flatten and Gemm of all cells")(lambda b, x: b.n("Gemm", b.n("Flatten", x), b.w(5, 384, scale=0.1), transB=1, outs=["y"]))
headed("ends in MatMul and Add")(lambda b, x: b.n("Add", b.n("MatMul", b.n("ReduceMean", x, axes=[2, 3], keepdims=0), b.w(4, 5)), b.w(5), outs=["y"]))
headed("ends in a 1 x 1 convolution, squeezed")(lambda b, x: b.n("Squeeze", b.n("Conv", b.n("GlobalAveragePool", x), b.w(5, 4, 1, 1)), b.i(2, 3), outs=["y"]))
headed("ends in a 1 x 1 convolution before the pooling")(lambda b, x: b.n("Flatten", b.n("GlobalAveragePool", b.n("Conv", x, b.w(5, 4, 1, 1))), outs=["y"]))
headed("ends in a bilinear head")(lambda b, x: b.n("MatMul", b.n("Flatten", b.n("MatMul", b.n("Reshape", x, b.i(1, 4, 96)), b.n("Transpose", b.n("Reshape", x, b.i(1, 4, 96)), perm=[0, 2, 1]))), b.w(16, 5, scale=0.05), outs=["y"]))
headed("ends in max and mean joined")(lambda b, x: b.n("MatMul", b.n("Flatten", b.n("Concat", b.n("GlobalMaxPool", x), b.n("GlobalAveragePool", x), axis=1)), b.w(8, 5), outs=["y"]))
headed("one logit")(lambda b, x: b.n("MatMul", b.n("Flatten", b.n("GlobalAveragePool", x)), b.w(4, 1), outs=["y"]))
headed("one number a picture, without an axis")(lambda b, x: b.n("Squeeze", b.n("MatMul", b.n("Flatten", b.n("GlobalAveragePool", x)), b.w(4, 1)), b.i(1), outs=["y"]))
headed("classes without a batch")(lambda b, x: b.n("Squeeze", logits(b, x), b.i(0), outs=["y"]))
headed("classes times tokens")(lambda b, x: b.n("Reshape", logits(b, x), b.i(1, 1, 5), outs=["y"]))


@headed("several outputs, the first the features")
def _(b, x):
    y = logits(b, x, ["logits"])
    b.n("Flatten", b.n("GlobalMaxPool", x), outs=["y"])


@headed("side outputs ArgMax and TopK")
def _(b, x):
    y = logits(b, x, ["y"])
    b.n("ArgMax", y, axis=1, outs=["best"])
    b.n("TopK", y, b.i(3), outs=["values", "places"])


# inner parts
def recurrent(op, gates):
    def end(b, x):
        t = b.n("Transpose", b.n("Reshape", x, b.i(1, 32, 12)), perm=[2, 0, 1])
        _, h = b.n(op, t, b.w(1, gates * 5, 32, scale=0.2), b.w(1, gates * 5, 5, scale=0.3), b.w(1, 2 * gates * 5, scale=0.1), outs=2, hidden_size=5)
        b.n("Squeeze", h, b.i(0), outs=["y"])

    return end


for op, gates in (("LSTM", 4), ("GRU", 3), ("RNN", 1)):
    headed(f"{op} head")(recurrent(op, gates)) if op != "LSTM" else None


@headed("LSTM head, both ways, inputs left empty")
def _(b, x):
    t = b.n("Transpose", b.n("Reshape", x, b.i(1, 32, 12)), perm=[2, 0, 1])
    y, h, c = b.n("LSTM", t, b.w(2, 16, 32, scale=0.2), b.w(2, 16, 4, scale=0.3), "", "", b.c(np.full((2, 1, 4), 0.1, "float32")), outs=3, hidden_size=4, direction="bidirectional")
    b.n("MatMul", b.n("Reshape", b.n("Transpose", h, perm=[1, 0, 2]), b.i(1, 8)), b.w(8, 5), outs=["y"])


@headed("attention over cells, class token")
def _(b, x):
    t = b.n("Transpose", b.n("Reshape", x, b.i(0, 4, -1)), perm=[0, 2, 1])
    t = b.n("Concat", b.n("Expand", b.w(1, 1, 4), b.i(1, 1, 1)), t, axis=1)
    q, k, v = (b.n("MatMul", t, b.w(4, 4)) for _ in range(3))
    a = b.n("Softmax", b.n("Mul", b.n("MatMul", q, b.n("Transpose", k, perm=[0, 2, 1])), b.c(f32(0.5))), axis=-1)
    t = b.n("Add", t, b.n("MatMul", a, v))
    t = b.n("LayerNormalization", t, b.w(4, scale=1), b.w(4, scale=1))
    b.n("MatMul", b.n("Gather", t, b.c(np.array(0)), axis=1), b.w(4, 5), outs=["y"])


for n, end in {"Softmax": {}, "LogSoftmax": {}, "Sigmoid": None, "Hardmax": {}}.items():

    @headed(f"ends in {n}", explains="logits")
    def _(b, x, n=n, end=end):
        b.n(n, logits(b, x, ["logits"]), outs=["y"], **({} if end is None else dict(axis=1)))


@whole("If around a half of the network")
def _(path):
    b = Builder()
    x = b.stem()
    w = b.w(4, 6, 3, 3)
    v = helper.make_graph([helper.make_node("Conv", [x, w], ["c"], pads=[1, 1, 1, 1]), helper.make_node("Relu", ["c"], ["r"])], "then", [], [info("r", T.FLOAT, None)])
    t = b.n("If", b.c(np.array(True)), then_branch=v, else_branch=branch("else", "Identity", x))
    b.head(t, 4)
    return b.save(path)


@whole("8 bits, QDQ by channels, Relu within")
def _(path):
    b = Builder()
    x = b.stem()
    q = b.n("DequantizeLinear", b.n("QuantizeLinear", x, b.c(f32(0.02)), b.c(np.array(0, "uint8"))), b.c(f32(0.02)), b.c(np.array(0, "uint8")))
    w = b.n("DequantizeLinear", b.c(b.r.randint(-60, 60, (4, 6, 3, 3)).astype("int8")), b.c(np.linspace(0.003, 0.006, 4, dtype="float32")), b.c(np.zeros(4, "int8")), axis=0)
    b.head(b.n("Relu", b.n("Conv", q, w, pads=[1, 1, 1, 1])), 4)
    return b.save(path)[0], dict(layers=())


@whole("8 bits, ConvInteger of DynamicQuantizeLinear")
def _(path):
    b = Builder()
    x = b.stem()
    q, s, z = b.n("DynamicQuantizeLinear", x, outs=3)
    y = b.n("Cast", b.n("ConvInteger", q, b.c(b.r.randint(-60, 60, (4, 6, 3, 3)).astype("int8")), z, pads=[1, 1, 1, 1]), to=T.FLOAT)
    b.head(b.n("Relu", b.n("Mul", y, b.n("Mul", s, b.c(f32(0.004))))), 4)
    return b.save(path)[0], dict(layers=())
