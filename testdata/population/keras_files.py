"""Keras networks through Keras' own export and through tf2onnx, of 1 to 11 channels, classification and segmentation, against
tensorflow's gradient.

    python keras_files.py FOLDER GRADCAM

writes a line a file to FOLDER/results.jsonl; what is there already is not made again. Needs tensorflow-cpu 2.21.0, keras 3.15.1, tf2onnx 1.17.0, onnxruntime 1.32.0.
"""
import itertools, json, os, pathlib, subprocess, sys, traceback

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
import keras
import numpy as np
import onnx
import onnxruntime
import tensorflow as tf
import tf2onnx
from keras import layers as L

CLASSES = 5


def block(x, kind, c, stride):
    if kind == "plain":
        return L.ReLU()(L.BatchNormalization()(L.Conv2D(c, 3, stride, "same")(x)))
    if kind == "separable":
        return L.ReLU(6.0)(L.BatchNormalization()(L.SeparableConv2D(c, 3, stride, "same")(x)))
    if kind == "residual":
        y = L.Activation("swish")(L.BatchNormalization()(L.Conv2D(c, 3, stride, "same")(x)))
        y = L.Conv2D(c, 3, 1, "same")(y)
        return L.Activation("mish")(L.Add()([y, L.Conv2D(c, 1, stride, "same")(x)]))
    if kind == "pooled":
        y = L.LeakyReLU()(L.Conv2D(c, 3, padding="same")(x))
        y = L.MaxPooling2D(3, stride, "same")(y) if stride > 1 else y
        g = L.Dense(c, activation="sigmoid")(L.GlobalAveragePooling2D()(y))
        return L.Multiply()([y, L.Reshape((1, 1, c))(g)])
    y = L.Activation("elu")(L.GroupNormalization(2)(L.Conv2D(c, 3, dilation_rate=2, padding="same")(x)))
    return L.AveragePooling2D(2, stride, "same")(y) if stride > 1 else L.Concatenate()([x, y])


def network(kind, channels, head, h=32, w=48):
    i = L.Input((h, w, channels))
    x = block(i, kind, 8, 2)
    x = middle = block(x, kind, 12, 2)
    x = block(x, kind, 16, 1)
    if head == "segmentation":
        x = L.UpSampling2D(2, interpolation="bilinear")(x)
        x = L.Conv2DTranspose(8, 4, 2, "same", activation="relu")(x)
        y = L.Conv2D(CLASSES, 1)(x)
    elif head == "flat":
        y = L.Dense(CLASSES)(L.Flatten()(x))
    else:
        x = (L.GlobalMaxPooling2D() if head == "max" else L.GlobalAveragePooling2D())(x)
        y = L.Dense(CLASSES)(L.Dropout(0.3)(x))
    return keras.Model(i, y)


KINDS = ["plain", "separable", "residual", "pooled", "dilated"]
CASES = [(k, c, h) for k, (c, h) in itertools.product(KINDS, [(1, "mean"), (3, "segmentation"), (4, "max"), (11, "flat")])]
CASES += [("plain", 2, "segmentation")]


def settle(net, seed):
    r = np.random.RandomState(seed)
    keras.utils.set_random_seed(seed)
    for v in net.weights:
        if v.path.endswith(("gamma", "moving_variance")):
            v.assign(r.uniform(0.6, 1.4, v.shape))
        elif v.path.endswith(("beta", "bias", "moving_mean")):
            v.assign(r.normal(0, 0.1, v.shape))
        else:
            fan = np.prod(v.shape[:-1]) if "depthwise" not in v.path else np.prod(v.shape[:2])
            v.assign(r.normal(0, (2 / fan) ** 0.5, v.shape))


def tool(command, *args):
    p = subprocess.run([command, *map(str, args)], capture_output=True, text=True)
    if p.returncode:
        raise RuntimeError("refused: " + p.stderr.strip().removeprefix("gradcam: "))
    return p.stdout


def off(a, b):
    return float(np.abs(np.asarray(a, "float64") - b).max() / max(np.abs(b).max(), 1e-300))


def maps(net, x, value, score):
    """Grad-CAM by tensorflow at every layer that holds the values of the file's tensor, whatever the order of its axes."""
    outs = [l.output for l in net.layers if len(l.output.shape) == 4]
    part = keras.Model(net.inputs, [*outs, net.output])
    found = []
    x = tf.constant(x)
    with tf.GradientTape(persistent=True) as t:
        t.watch(x)
        *acts, y = part(x, training=False)
        s = score(y)
    for a in acts:
        v = a.numpy()
        same = [v, v.transpose(0, 3, 1, 2)]
        if any(v.shape == value.shape and off(v, value) < 1e-3 for v in same):
            g = t.gradient(s, a)
            if g is not None:
                found.append(np.einsum("c,hwc->hw", g.numpy()[0].mean((0, 1), dtype="float64"), v[0].astype("float64")))
    return found


def check(r, net, x, path, gradcam, folder):
    p = onnx.load(path)
    np.save(folder / "x.npy", x)
    name = p.graph.output[0].name

    def run(extra):
        q = onnx.load(path)
        q.graph.output.extend(onnx.helper.make_empty_tensor_value_info(e) for e in extra)
        o = onnxruntime.SessionOptions()
        o.graph_optimization_level, o.intra_op_num_threads = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL, 1
        s = onnxruntime.InferenceSession(q.SerializeToString(), o, providers=["CPUExecutionProvider"])
        return s.run([name, *extra], {s.get_inputs()[0].name: x})

    try:
        y = run([])[0]
    except Exception as e:
        return r | dict(verdict="not by onnxruntime", reason=str(e).strip().splitlines()[0][:200])
    if y.ndim == 4:
        best = y[0].argmax(-1)
        c = int(np.bincount(best.ravel()).argmax())
        target, score = f"region:{c}", lambda y: tf.reduce_sum(y[0, ..., c] * tf.constant((best == c).astype("float32")))
    else:
        target, score = "class:3", lambda y: y[0, 3]
    try:
        l = [l for l in json.loads(tool(gradcam, "layers", "--model", path, "--json")) if l.get("suggested")][0]
        r |= dict(layer=l.get("path") or l["name"], grid=l["grid"])
        tool(gradcam, "explain", "--model", path, "--tensor", folder / "x.npy", "--target", target, "--backend", "go", "--layer", l["name"], "--out", folder / "out")
    except RuntimeError as e:
        return r | dict(verdict="refused", reason=str(e)[:600])
    raw = np.load(folder / "out" / "raw.npy")[0]
    said = json.loads((folder / "out" / "result.json").read_text())["images"][0]["maps"][0]
    value = run([l["name"]])[1]
    wanted = maps(net, x, value, score)
    if not wanted:
        return r | dict(verdict="no tensor of Keras'", reason=f"no layer holds the values of {l['name']}")
    want = float(score(net(x, training=False)))
    r |= dict(output=abs(said["score"] - want) / max(abs(want), 1e-6), map=min(off(raw, w) if raw.shape == w.shape else 9.0 for w in wanted))
    return r | dict(verdict="agrees" if r["output"] <= 1e-4 and r["map"] <= 1e-4 else "differs")


def by_tf2onnx(opset):
    def export(net, path):
        shape = [1, *net.input_shape[1:]]
        f = tf.function(lambda t: net(t, training=False), input_signature=[tf.TensorSpec(shape, tf.float32, name="x")])
        tf2onnx.convert.from_function(f, input_signature=f.input_signature, opset=opset, output_path=path)

    return export


def by_keras(net, path):
    net.export(path, format="onnx", verbose=False)


def exporters(i):
    """Those of network i: opsets take turns."""
    opset = (11, 13, 14, 15, 18)[i % 5]
    return {"Keras, tf2onnx": by_tf2onnx(17), f"Keras, tf2onnx, opset {opset}": by_tf2onnx(opset), "Keras' export": by_keras}


def main(folder, gradcam):
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    results = folder / "results.jsonl"
    done = {(r["network"], r["exporter"]) for r in map(json.loads, results.read_text().splitlines()) if r["verdict"] != "fault of this program"} if results.exists() else set()
    for i, (kind, channels, head) in enumerate(CASES):
        network_name = f"{kind}, {channels} channels, {head}"
        todo = {e: f for e, f in exporters(i).items() if (network_name, e) not in done}
        if not todo:
            continue
        keras.backend.clear_session()
        net = network(kind, channels, head)
        settle(net, i)
        x = np.random.RandomState(i).normal(size=(1, *net.input_shape[1:])).astype("float32")
        path = str(folder / "net.onnx")
        for exporter, export in todo.items():
            r = dict(library="keras", network=network_name, exporter=exporter)
            try:
                export(net, path)
            except Exception as e:
                r |= dict(verdict="not exported", reason=f"{type(e).__name__}: {str(e)[:200]}")
            else:
                try:
                    r = check(r, net, x, path, gradcam, folder)
                except Exception:
                    r |= dict(verdict="fault of this program", reason=traceback.format_exc()[-700:])
            with results.open("a") as out:
                out.write(json.dumps(r) + "\n")
            print(r["network"], r["exporter"], r["verdict"], r.get("map"), r.get("output"), r.get("layer"), r.get("reason", "")[:400], flush=True)


main(sys.argv[1], sys.argv[2])
