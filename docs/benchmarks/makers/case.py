"""A net with the maker's preparation, decoding, names and files."""
import json

from makers.prepared import SIZE


class Case:
    """instances, if there are any: masks [n, h, w] in [0, 1] of the outputs y of a picture of h x w"""

    def __init__(self, net, prep, decode, inputs=("images",), outputs=("output",), beside=None, threshold=0.3, nms=1.0, args=None, files=None,
                 words=None, flags=(), free=None, forward=False, opset=17, instances=None, half=False):
        self.net, self.prep, self.decode, self.inputs, self.outputs, self.beside, self.threshold, self.nms = net, prep, decode, inputs, outputs, beside or {}, threshold, nms
        self.args, self.files, self.words, self.flags, self.free, self.forward, self.opset = args, files or {}, words, flags, free, forward, opset
        self.instances, self.half = instances, half


def sidecar(decoder, outputs=None, **more):
    """for files of which nothing says how pictures are prepared: ImageNet's colours, stretched"""
    detector = {"detector": {"decoder": decoder, **({"outputs": outputs} if outputs else {})}} if decoder else {}
    return {"model.json": json.dumps({"input": {"width": SIZE, "height": SIZE, "fit": "stretch", "mean": [123.675, 116.28, 103.53], "scale": [58.395, 57.12, 57.375]}, **detector, **more})}
