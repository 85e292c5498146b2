"""Makes a detector as small as can be in the form of DETR (Carion et al. 2020): a query for each of 4 x 4 cells, whose
classes are "red" and "blue" by how much of either its cell holds, and whose box is the cell. torch 2.15.0:
python generate.py
"""
import torch
from torch import nn

CELLS, SIDE, HIDDEN = 4, 64, 6


class Detector(nn.Module):
    def __init__(self):
        super().__init__()
        self.reduce, self.pool, self.classes = nn.Conv2d(3, HIDDEN, 4, 4), nn.Conv2d(HIDDEN, HIDDEN, 4, 4), nn.Linear(HIDDEN, 4)
        at = (torch.arange(CELLS) + 0.5) / CELLS
        y, x = torch.meshgrid(at, at, indexing="ij")
        each = torch.full_like(x, 1 / CELLS)
        self.boxes = nn.Parameter(torch.stack([x, y, each, each], -1).reshape(1, -1, 4))
        with torch.no_grad():
            nn.init.normal_(self.reduce.weight, std=0.005)
            self.reduce.bias.zero_()
            self.pool.weight[:] = torch.eye(HIDDEN)[..., None, None] / 16  # the mean: onnx-gomlx has no AveragePool as torch writes it
            self.pool.bias.zero_()
            for channel, colour in enumerate((0, 2)):  # a channel of red less the others, and one of blue
                self.reduce.weight[channel] -= 1 / 32
                self.reduce.weight[channel, colour] += 3 / 32
            nn.init.normal_(self.classes.weight, std=0.05)
            self.classes.bias[:] = torch.tensor([-4.0, 0, 0, 2])  # nothing that is in use, red, blue, "no object"
            self.classes.weight[1, 0], self.classes.weight[2, 1] = 4, 4

    def forward(self, pixel_values):
        features = torch.relu(self.reduce(pixel_values))  # 16 x 16 cells
        queries = self.pool(features).flatten(2).transpose(1, 2)
        return self.classes(queries), self.boxes + 0 * queries[..., :1]


if __name__ == "__main__":
    torch.manual_seed(7)
    torch.onnx.export(
        Detector().eval(), torch.zeros(1, 3, SIDE, SIDE), "detr/model.onnx", input_names=["pixel_values"],
        output_names=["logits", "pred_boxes"], dynamo=False)
