"""Makes files for one picture, of the kinds that a larger batch meets, and their outputs by onnxruntime.

torch 2.15.0, onnxruntime 1.32.0: python generate.py
"""
import json

import numpy as np
import onnxruntime as ort
import torch
from torch import nn
torch.manual_seed(0)
class Swallow(nn.Module): # view(x.size(0), -1, k): -1 swallows the batch
    def __init__(s): super().__init__(); s.c=nn.Conv2d(3,12,3,2,1); s.f=nn.Linear(4,5)
    def forward(s,x):
        y=torch.relu(s.c(x)); y=y.view(int(x.size(0)),-1,4)
        return s.f(y).softmax(-1).amax(1)
class Token(nn.Module): # class token, attention by hand, heads in an axis of their own
    def __init__(s): super().__init__(); s.c=nn.Conv2d(3,16,8,8); s.t=nn.Parameter(torch.randn(1,1,16)); s.q=nn.Linear(16,48); s.f=nn.Linear(16,5)
    def forward(s,x):
        y=s.c(x).flatten(2).transpose(1,2); y=torch.cat([s.t.expand(1,-1,-1),y],1)
        q,k,v=s.q(y).reshape(1,17,3,2,8).permute(2,0,3,1,4)
        a=(q@k.transpose(-1,-2)*.35).softmax(-1)@v
        y=y+a.transpose(1,2).reshape(1,17,16)
        return s.f(y[:,0])
class Mixed(nn.Module): # heads before the batch, merged with it: cannot be brought to another batch
    def __init__(s): super().__init__(); s.c=nn.Conv2d(3,16,8,8); s.f=nn.Linear(16,5)
    def forward(s,x):
        y=torch.relu(s.c(x)).flatten(2) # 1 16 16
        y=y.reshape(1,4,4,16).permute(1,0,2,3).reshape(4,4,16) # heads*batch
        y=(y@y.transpose(1,2)*.2).softmax(-1)@y
        y=y.reshape(4,1,4,16).permute(1,0,2,3).reshape(1,16,16).mean(2)
        return s.f(y)
class First(nn.Module): # no axis of the pictures
    def __init__(s): super().__init__(); s.c=nn.Conv2d(3,5,3,2,1)
    def forward(s,x): return s.c(x).mean(3)[0].T
class Four(Swallow):  # the file is made for four pictures
    pass


want = {}
for m in (Swallow, Token, Mixed, First, Four):
    n = 4 if m is Four else 1
    name = m.__name__.lower()
    torch.onnx.export(m().eval(), torch.zeros(n, 3, 32, 32), f"{name}.onnx", opset_version=17, dynamo=False, input_names=["x"], output_names=["y"])
    # the picture of the tests: sin(i) by place, a second one cos(i)
    i = np.arange(3 * 32 * 32, dtype=np.float64)
    run = ort.InferenceSession(f"{name}.onnx")
    want[name] = []
    for p in (np.sin(i), np.cos(i)):
        x = np.repeat(p.astype(np.float32).reshape(1, 3, 32, 32), n, 0)
        y = run.run(None, {"x": x})[0]
        want[name].append(y[0].tolist())
json.dump(want, open("outputs.json", "w"), indent=1)
