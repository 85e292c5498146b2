"""Networks as Keras makes them: channels last, "same" paddings, through tf2onnx.

Used by generate.py. Keras' network is taken apart at the layer: the gradient is tensorflow's, the map by the
formula of pytorch-grad-cam (the mean of the gradient over places, times the activations, summed over channels).
"""
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
import keras
import numpy as np
import tensorflow as tf
import tf2onnx
from keras import layers as L


def mobilenet(size):
    """MobileNet v1 in Keras' own words: zero padding to one side, ReLU6, a depthwise kernel and a pointwise one."""
    return keras.applications.MobileNet((size, size, 3), alpha=0.05, weights=None, classes=10, classifier_activation=None, dropout=0)


def residual(size):
    """A residual network with "same" paddings, swish, average and max pooling and a squeeze-and-excite gate."""
    i = x = L.Input((size, size, 3))
    x = L.Conv2D(8, 5, 2, "same", use_bias=False)(x)
    x = L.BatchNormalization()(x)
    x = L.MaxPooling2D(3, 2, "same")(L.Activation("swish")(x))
    for k, c in enumerate((8, 16)):
        y = L.SeparableConv2D(c, 3, k + 1, "same")(x)
        y = L.LeakyReLU()(L.BatchNormalization()(y))
        g = L.Reshape((1, 1, c))(L.GlobalAveragePooling2D()(y))
        y = L.Multiply()([y, L.Conv2D(c, 1, activation="sigmoid")(g)])
        x = x if k == 0 else L.Conv2D(c, 1)(L.AveragePooling2D(2, padding="same")(x))
        x = L.Add(name=f"joined{k}")([x, y])
    x = L.UpSampling2D(2, interpolation="bilinear")(x)
    x = L.Activation("elu")(L.Conv2DTranspose(12, 4, 2, "same")(x))
    return keras.Model(i, L.Dense(10)(L.GlobalAveragePooling2D()(L.LayerNormalization()(x))))


def settle(net, seed):
    r = np.random.RandomState(seed)
    keras.utils.set_random_seed(seed)
    for v in net.weights:
        if v.path.endswith("gamma") or v.path.endswith("moving_variance"):
            v.assign(r.uniform(0.6, 1.4, v.shape))
        elif v.path.endswith(("beta", "bias", "moving_mean")):
            v.assign(r.normal(0, 0.1, v.shape))
        else:
            fan = np.prod(v.shape[:-1]) if "depthwise" not in v.path else np.prod(v.shape[:2])
            v.assign(r.normal(0, (2 / fan) ** 0.5, v.shape))


def grad_cam(net, layer, x, dtype):
    """The raw map [b, h, w], the layer's values, the classes."""
    keras.backend.set_floatx(dtype)
    copy = keras.models.clone_model(net) if dtype == "float32" else keras.Model.from_config(cast(net.get_config()))
    copy.set_weights(net.get_weights())
    part = keras.Model(copy.inputs, [copy.get_layer(layer).output, copy.output])
    with tf.GradientTape() as t:
        a, y = part(tf.constant(x, dtype))
        index = tf.argmax(y, 1)
        score = tf.reduce_sum(tf.gather(y, index, axis=1, batch_dims=1))
    g = t.gradient(score, a)
    keras.backend.set_floatx("float32")
    return tf.reduce_sum(tf.reduce_mean(g, (1, 2), keepdims=True) * a, 3).numpy(), a.numpy(), index.numpy(), y.numpy()


def cast(config):
    """The same configuration in float64."""
    if isinstance(config, dict):
        return {k: "float64" if v == "float32" else cast(v) for k, v in config.items()}
    if isinstance(config, (list, tuple)):
        return type(config)(cast(v) for v in config)
    return config


def export(net, size, opset):
    spec = (tf.TensorSpec((None, size, size, 3), tf.float32, name="image"),)
    f = tf.function(lambda image: net(image, training=False), input_signature=spec)
    return tf2onnx.convert.from_function(f, spec, opset=opset)[0]
