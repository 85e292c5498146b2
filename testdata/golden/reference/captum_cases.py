"""captum's attributions of a network with plain ReLUs."""
from __future__ import annotations

import importlib.metadata

import torch


def captum_cases(tree, net, x, cls, layer, idp, base, common, flog, target, guided_note):
    from captum.attr import GuidedGradCam, IntegratedGradients, LayerGradCam, Saliency
    mod = net.get_submodule(layer["torch"])
    tcl = cls if isinstance(cls, int) else torch.tensor(cls)
    com = {**common, "producer": "captum " + importlib.metadata.version("captum")}

    def add(method, key, arr, params, lay=None):
        f = {"logits": flog, key: tree.save(f"{base}/captum/{method}.npy", arr)}
        c = {"id": f"{idp}/captum-{method}", **com, "method": "captum." + method, "target": target, "method_params": params, "files": f,
             "tolerance": {"attribution_rel": 1e-3}}
        if lay:
            c["layer"] = lay
        tree.add(c)

    a = LayerGradCam(net, mod).attribute(x.clone(), target=tcl, relu_attributions=False)
    add("LayerGradCam", "cam_raw", a[:, 0], {"relu_attributions": False}, layer)
    a = Saliency(net).attribute(x.clone().requires_grad_(True), target=tcl, abs=False)
    add("Saliency", "attribution", a, {"abs": False, "note": "signed input gradient; captum's default output is its absolute value"})
    a, delta = IntegratedGradients(net).attribute(x.clone(), baselines=0.0, target=tcl, n_steps=50, internal_batch_size=10,
                                                  return_convergence_delta=True)
    add("IntegratedGradients", "attribution", a, {"n_steps": 50, "baseline": 0.0, "method": "gausslegendre",
                                                  "convergence_delta": [float(v) for v in delta]})
    a = GuidedGradCam(net, mod).attribute(x.clone().requires_grad_(True), target=tcl, interpolate_mode="nearest")
    add("GuidedGradCam", "attribution", a, {"interpolate_mode": "nearest", "note": guided_note,
                                            "formula": "guided_backprop * nearest-upsampled relu(LayerGradCam)"}, layer)
