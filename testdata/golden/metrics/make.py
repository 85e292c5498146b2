"""Writes cases.json: what Quantus 0.6.0, captum 0.9.0, scikit-learn 1.9.1 and pytorch-grad-cam 1.5.7 say of one map of
one small model.

    python make.py        (numpy 2.4, torch 2.15, quantus 0.6.0, captum 0.9.0, grad-cam 1.5.7)

The model takes one channel of 16 x 16 values x and scores w.x + (v.x)^2 / 10. The numbers are made by formulas, without a
random generator, and no two values of the map are equal.
"""

import json

import numpy as np

np.trapz = getattr(np, "trapz", None) or np.trapezoid  # Quantus 0.6.0 calls it by its old name
import quantus
import torch
from captum.metrics import infidelity
from pytorch_grad_cam.metrics import road
from pytorch_grad_cam.metrics.arcc import ARCC
from quantus.metrics.faithfulness import irof
from quantus.functions.perturb_func import noisy_linear_imputation
from scipy.ndimage import gaussian_filter

N = 16
i = np.arange(N * N)
w = np.sin(i * 1.7)
v = np.cos(i * 0.9) / 4
x = np.sin(i * 0.37) + 0.3 * np.cos(i * i * 0.11)
a = 0.06 + 0.05 * np.sin(i * 2.3) + np.exp(-((i % N - 5) ** 2 + (i // N - 9) ** 2) / 18.0) + i * 1e-5
w, v, x, a = w.round(4), v.round(4), x.round(4), a.round(6)
assert len(set(a)) == N * N
truth = ((i % N >= 3) & (i % N < 9) & (i // N >= 7) & (i // N < 11)).astype(float)


class Model(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.w = torch.nn.Parameter(torch.tensor(w))
        self.v = torch.nn.Parameter(torch.tensor(v))

    def forward(self, x):
        flat = x.reshape(x.shape[0], -1).double()
        score = flat @ self.w + (flat @ self.v) ** 2 / 10
        return torch.stack([torch.zeros_like(score), score], 1)


class Recorder(Model):
    """Keeps which values are zero in every picture that it scores."""

    def __init__(self):
        super().__init__()
        self.hidden = []

    def forward(self, x):
        for one in x.reshape(x.shape[0], -1):
            self.hidden.append(np.flatnonzero(one.detach().numpy() == 0).tolist())
        return super().forward(x)


def ask(metric, model=None, **more):
    return metric(model=(model or Model()).eval(), x_batch=x.reshape(1, 1, N, N).copy(), y_batch=np.array([1]),
                  a_batch=a.reshape(1, 1, N, N).copy(), device="cpu", softmax=False, **more)


common = dict(disable_warnings=True, display_progressbar=False)
scored = dict(common, abs=False, normalise=False, perturb_baseline=0.0)
want = {}

flipped = ask(quantus.PixelFlipping(features_in_step=32, **scored))[0]
want["pixel flipping"] = np.trapezoid(flipped) / (len(flipped) - 1)
regions = ask(quantus.RegionPerturbation(patch_size=8, **scored))[0]
want["region perturbation"] = float(np.sum(regions) / (len(regions) + 1))
selected = np.array(ask(quantus.Selectivity(patch_size=8, **scored))[0])
want["selectivity"] = float(np.trapezoid(selected) / (len(selected) - 1))
want["faithfulness estimate"] = ask(quantus.FaithfulnessEstimate(
    features_in_step=32, similarity_func=quantus.similarity_func.correlation_pearson, **scored))[0]
# Quantus 0.6.0's Monotonicity puts the baseline on the baseline and is always 1, so it is no reference.
want["monotonicity correlation"] = ask(quantus.MonotonicityCorrelation(
    features_in_step=32, nr_samples=1, **dict(common, abs=True, normalise=False, perturb_baseline=0.0)))[0]



recorder = Recorder()
np.random.seed(1)
want["faithfulness correlation"] = float(np.ravel(ask(quantus.FaithfulnessCorrelation(
    nr_runs=100, subset_size=N, return_aggregate=False, **scored), recorder))[0])
sets = [one for one in recorder.hidden if one]
assert len(sets) == 100 and all(len(one) == N for one in sets), len(sets)

drawn = iter(sets)


def perturb(inputs):
    masks = np.zeros((inputs.shape[0], N * N))
    for row in masks:
        row[next(drawn)] = 1
    masks = torch.tensor(masks.reshape(inputs.shape))
    return masks, inputs * (1 - masks)  # what is said of a value counts once, as with multiply_by_inputs


want["infidelity"] = float(infidelity(Model().eval(), perturb, torch.tensor(x.reshape(1, 1, N, N)), torch.tensor(a.reshape(1, 1, N, N)),
                                      target=1, n_perturb_samples=100, max_examples_per_batch=1, normalize=True))

alone = dict(common, normalise=False)
want["sparseness"] = float(ask(quantus.Sparseness(abs=True, **alone))[0])
want["complexity"] = float(ask(quantus.Complexity(abs=True, **alone))[0])
want["effective complexity"] = float(ask(quantus.EffectiveComplexity(abs=True, eps=1e-5 * np.abs(a).max(), **alone))[0])

s = truth.reshape(1, 1, N, N).astype(int)
placed = dict(common, normalise=False, abs=False)

want["pointing game"] = float(ask(quantus.PointingGame(**placed), s_batch=s)[0])
want["relevance rank"] = float(ask(quantus.RelevanceRankAccuracy(**placed), s_batch=s)[0])
want["top-k intersection"] = float(ask(quantus.TopKIntersection(k=N * N - 1, **placed), s_batch=s)[0]) * (N * N - 1) / (N * N)
want["AUC"] = float(ask(quantus.AUC(**placed), s_batch=s)[0])
want["energy"] = float(quantus.AttributionLocalisation(positive_attributions=True, **placed)(
    model=Model().eval(), x_batch=x.reshape(1, 1, N, N), y_batch=np.array([1]), a_batch=a.reshape(1, 1, N, N).copy(), s_batch=s, device="cpu")[0])
focus = quantus.Focus(**placed)(model=Model().eval(), x_batch=x.reshape(1, 1, N, N), y_batch=np.array([1]), a_batch=a.reshape(1, 1, N, N).copy(),
                                custom_batch=[(1, 0, 1, 0)], device="cpu")

# ROAD without its noise, by pytorch-grad-cam's own averages over its own percentiles; the whole picture's score is what it
# takes off from every one.
road.NoisyLinearImputer.__init__.__defaults__ = (0.0, road.neighbors_weights)
picture = torch.tensor(x.reshape(1, 1, N, N), dtype=torch.float32)
asked = dict(input_tensor=picture, cams=a.reshape(1, N, N).astype(np.float32), targets=[lambda out: out[1]], model=Model().eval())
whole = float(Model()(picture)[0, 1])
want["ROAD"] = float(road.ROADCombined()(**asked)[0])
want["ROAD most relevant first"] = float(road.ROADMostRelevantFirstAverage()(**asked)[0]) + whole
want["ROAD least relevant first"] = float(road.ROADLeastRelevantFirstAverage()(**asked)[0]) + whole

# ARCC of a hundredth of the score; the map of the picture under the map is that of again[1] below.
under = (a + 0.01 * np.sin(i * 2.3)).round(6)
gray = ((a - a.min()) / (a.max() - a.min())).reshape(1, N, N)
arcc = ARCC(base_method=lambda input_tensor, targets: under.reshape(1, N, N))
want["ARCC"] = float(arcc(picture, gray.astype(np.float32), [lambda out: out[1] / 100], Model())[0])
assert 0.05 < want["ARCC"] < 0.95

# IROF over squares of 4 x 4 for the superpixels, which are each library's own.
squares = i // N // 4 * 4 + i % N // 4
irof.utils.get_superpixel_segments = lambda img, segmentation_method: squares.reshape(N, N)
want["IROF"] = float(ask(quantus.IROF(**scored))[0]) / 16

hidden = np.flatnonzero(a > np.sort(a)[N * N // 2])
imputed = noisy_linear_imputation(x.reshape(1, N, N), hidden, noise=0.0).reshape(-1)

again = [(a + 0.01 * np.sin(i * (k + 1.3))).round(6) for k in range(3)]
steps = [0.02 * np.cos(i * (k + 0.7)) for k in range(3)]
norm = np.linalg.norm
assert (under == again[1]).all()
moved = [norm(quantus.similarity_func.difference(b, a)) / norm(a) for b in again]
# h are scores of the picture and of three others.
h = [np.array([np.sin(k * 1.3), np.cos(k * 0.7)]).round(4) for k in range(4)]
stability = quantus.RelativeOutputStability(**dict(common, normalise=False))
outputs = max(float(stability.relative_output_stability_objective(h[0][None], one[None], a[None], b[None])[0])
              for one, b in zip(h[1:], again))
inputs = quantus.RelativeInputStability(**dict(common, normalise=False))
square = lambda values: values.reshape(1, 1, N, N)
inward = max(float(inputs.relative_input_stability_objective(square(x), square(x + d), square(a), square(b))[0]) for d, b in zip(steps, again))
entropies = [float(quantus.complexity_func.discrete_entropy(one, one)) for one in (a, again[0] ** 3)]

# RISE's blur, as its code makes it: a delta of 11 x 11 filtered by scipy, and a convolution with zeros outside.
delta = np.zeros((11, 11))
delta[5, 5] = 1
kernel = torch.tensor(gaussian_filter(delta, 5)).reshape(1, 1, 11, 11)
rise = torch.nn.functional.conv2d(torch.tensor(square(x)), kernel, padding=5).numpy().reshape(-1)
lipschitz = max(quantus.similarity_func.lipschitz_constant(
    a=a[None], b=b[None], c=x[None], d=(x + d)[None],
    norm_numerator=quantus.similarity_func.distance_euclidean, norm_denominator=quantus.similarity_func.distance_euclidean)[0]
    for b, d in zip(again, steps))

# Maps in nine places, three pictures with a map in each of four, and predictions that agree with the place now and then.
B, S = 12, 9
j, k = np.arange(S * S), np.arange(B)[:, None]
centre = np.array([(1, 1), (7, 2), (4, 4), (2, 7)])[k[:, 0] % 4]
maps = np.exp(-((j % S - centre[:, :1]) ** 2 + (j // S - centre[:, 1:]) ** 2) / 5.0) + 0.3 * np.abs(np.sin(j * 1.3 + k * 0.7))
maps = maps.round(3)
predictions = np.array([0, 1, 2, 0, 0, 1, 1, 0, 2, 1, 2, 2])


class Sorter(torch.nn.Module):
    """Predicts the class that the first value of a picture names."""

    def forward(self, x):
        return torch.nn.functional.one_hot(x.reshape(x.shape[0], -1)[:, 0].long(), 10).double()


def ninth(values):
    """The ninth of the picture with most of a map."""
    return int(values.reshape(3, S // 3, 3, S // 3).sum((1, 3)).argmax())


pictures = np.zeros((B, 1, S, S))
pictures[:, 0, 0, 0] = predictions
given = dict(model=Sorter().eval(), x_batch=pictures, y_batch=predictions, device="cpu", softmax=False)
sufficiency = quantus.Sufficiency(**common)(a_batch=maps.reshape(B, 1, S, S).copy(), **given)
consistency = quantus.Consistency(discretise_func=ninth, **common)(a_batch=maps.reshape(B, 1, S, S).copy(), **given)
assert len(set(np.round(sufficiency, 3))) > 2 and len(set(np.round(consistency, 3))) > 2

json.dump({
    "versions": {"quantus": "0.6.0", "captum": "0.9.0", "torch": torch.__version__.split("+")[0]},
    "side": N, "w": w.tolist(), "v": v.tolist(), "x": x.tolist(), "a": a.tolist(), "truth": truth.astype(int).tolist(), "sets": sets, "want": want,
    "focus": float(focus[0]), "hidden": hidden.tolist(), "imputed": imputed.round(7).tolist(),
    "again": [b.tolist() for b in again], "moved": [float(norm(d)) for d in steps],
    "max-sensitivity": float(max(moved)), "average sensitivity": float(np.mean(moved)), "local Lipschitz": float(lipschitz),
    "batch": {"side": S, "maps": maps.tolist(), "predictions": predictions.tolist(),
              "sufficiency": [float(v) for v in sufficiency], "consistency": [float(v) for v in consistency]},
    "relative input stability": inward, "steps": [d.tolist() for d in steps], "entropies": entropies,
    "rise blur": rise.round(8).tolist(),
    "squares": squares.tolist(), "scores": [one.tolist() for one in h], "relative output stability": outputs,
    "spearman": float(quantus.similarity_func.correlation_spearman(a, again[0])),
}, open("cases.json", "w"))
for name, value in want.items():
    print(f"{name:28} {value:.9g}")
