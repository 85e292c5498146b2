"""Exports networks of timm and transformers with random weights and looks at the layer that is suggested for each.

    python suggested.py FOLDER GRADCAM [older|newer] [name ...]

writes the files into FOLDER (those that are there are taken as they are) and prints a table in Markdown: the suggested
layer, its grid, and the size of the last feature map as timm itself gives it (forward_features, without its prefix tokens).
GRADCAM is the command. Pinned: torch 2.15.0, timm 1.0.31, transformers 5.24.0, onnx 1.23.2, onnxscript of torch's newer exporter.
"""
import contextlib, io, json, logging, math, os, subprocess, sys, warnings

warnings.filterwarnings("ignore")
logging.disable(logging.WARNING)
os.environ.setdefault("OMP_NUM_THREADS", "1")
import torch

# name: options of timm.create_model; SIZE is the side of the picture
TIMM = """resnet18 resnest14d seresnet18:64 res2net50_26w_4s:64 densenet121:64 vgg11_bn inception_v3:139 inception_v4:139 xception41:96 nasnetalarge:96 mobilenetv2_050
mobilenetv3_small_050 mobilenetv4_conv_small efficientnet_b0 efficientnetv2_rw_t tf_efficientnet_lite0 regnetx_002 regnety_002 ghostnet_050 mnasnet_small shufflenet
convnext_atto convnextv2_atto hgnetv2_b0 hrnet_w18_small repvgg_a0 rexnet_100 dla34 dpn48b cspresnet50:64 cspdarknet53:64 darknet53:64 vovnet39a:64 tresnet_m:64 nf_regnet_b0 nfnet_l0:64
resnetv2_50x1_bit:64 selecsls42 hardcorenas_a fbnetc_100 lcnet_050 tinynet_e skresnet18 gernet_s ese_vovnet19b_dw poolformer_s12 poolformerv2_s12 inception_next_atto starnet_s1 fasternet_t0 edgenext_xx_small
mobilevit_xxs:128 mobilevitv2_050:128 mobileone_s0 repghostnet_050 repvit_m0_9 tiny_vit_5m_224:224 efficientformer_l1:224 efficientformerv2_s0:224 efficientvit_b0:128 efficientvit_m0:224 levit_128s:224
levit_conv_128s:224 nextvit_small:128 coatnet_pico_rw_224:224 maxvit_rmlp_pico_rw_256:256 coat_lite_tiny:224 convit_tiny:224 crossvit_tiny_240:240 cait_xxs24_224:224 deit_tiny_patch16_224:224
deit_tiny_distilled_patch16_224:224 beit_base_patch16_224:224 eva02_tiny_patch14_224:224 vit_tiny_patch16_224:224 vit_medium_patch16_reg4_gap_256:256 vit_little_patch16_reg1_gap_256:256 vit_small_patch14_reg4_dinov2:224
vit_base_patch16_siglip_224:224 vit_relpos_small_patch16_224:224 flexivit_small:240 swin_tiny_patch4_window7_224:224 swinv2_cr_tiny_ns_224:224 swinv2_tiny_window8_256:256 swin_s3_tiny_224:224
twins_pcpvt_small:224 twins_svt_small:224 pvt_v2_b0:224 mvitv2_tiny:224 xcit_nano_12_p16_224:224 volo_d1_224:224 visformer_tiny:224 pit_ti_224:224 pit_ti_distilled_224:224 nest_tiny:224 davit_tiny:224
focalnet_tiny_srf:224 gcvit_xxtiny:224 mixer_s32_224:224 mixer_b16_224:224 resmlp_12_224:224 gmlp_ti16_224:224 sequencer2d_s:224 caformer_s18:64 convformer_s18:64 hiera_tiny_224:224 metaformer""".split()

# name: (class, configuration class, options)
HF = {
    "vit": ("ViTForImageClassification", "ViTConfig", dict(hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64, image_size=64, patch_size=16)),
    "deit": ("DeiTForImageClassificationWithTeacher", "DeiTConfig", dict(hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64, image_size=64, patch_size=16)),
    "dinov2-registers": ("Dinov2WithRegistersForImageClassification", "Dinov2WithRegistersConfig", dict(hidden_size=32, num_hidden_layers=2, num_attention_heads=2, image_size=64, patch_size=16, num_register_tokens=3)),
    "beit": ("BeitForImageClassification", "BeitConfig", dict(hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64, image_size=64, patch_size=16)),
    "segformer": ("SegformerForImageClassification", "SegformerConfig", dict(depths=[1, 1, 1, 1], hidden_sizes=[8, 16, 24, 32])),
    "segformer-semantic": ("SegformerForSemanticSegmentation", "SegformerConfig", dict(depths=[1, 1, 1, 1], hidden_sizes=[8, 16, 24, 32], decoder_hidden_size=16)),
    "levit": ("LevitForImageClassification", "LevitConfig", dict(image_size=64, hidden_sizes=[16, 24, 32], num_attention_heads=[2, 3, 4], depths=[1, 1, 1], key_dim=[4, 4, 4])),
    "swin": ("SwinForImageClassification", "SwinConfig", dict(image_size=64, embed_dim=16, depths=[1, 1], num_heads=[2, 2], window_size=4)),
    "swinv2": ("Swinv2ForImageClassification", "Swinv2Config", dict(image_size=64, embed_dim=16, depths=[1, 1], num_heads=[2, 2], window_size=4)),
    "convnext": ("ConvNextForImageClassification", "ConvNextConfig", dict(depths=[1, 1, 1, 1], hidden_sizes=[8, 16, 24, 32])),
    "mobilevit": ("MobileViTForImageClassification", "MobileViTConfig", dict(image_size=128)),
    "mobilevitv2": ("MobileViTV2ForImageClassification", "MobileViTV2Config", dict(image_size=128, width_multiplier=0.5)),
    "poolformer": ("PoolFormerForImageClassification", "PoolFormerConfig", dict(depths=[1, 1, 1, 1], hidden_sizes=[8, 16, 24, 32])),
    "pvt-v2": ("PvtV2ForImageClassification", "PvtV2Config", dict(depths=[1, 1, 1, 1], hidden_sizes=[8, 16, 24, 32], num_attention_heads=[1, 1, 2, 2])),
    "cvt": ("CvtForImageClassification", "CvtConfig", dict(embed_dim=[8, 16, 24], depth=[1, 1, 1], num_heads=[1, 1, 1])),
    "focalnet": ("FocalNetForImageClassification", "FocalNetConfig", dict(image_size=64, embed_dim=16, depths=[1, 1])),
    "resnet": ("ResNetForImageClassification", "ResNetConfig", dict(embedding_size=8, hidden_sizes=[8, 16, 24, 32], depths=[1, 1, 1, 1])),
    "mobilenet-v2": ("MobileNetV2ForImageClassification", "MobileNetV2Config", dict(depth_multiplier=0.35)),
    "siglip": ("SiglipForImageClassification", "SiglipConfig", dict(vision_config=dict(hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64, image_size=64, patch_size=16))),
    "upernet": ("UperNetForSemanticSegmentation", "UperNetConfig", dict(hidden_size=16, use_auxiliary_head=False)),
    "dpt": ("DPTForDepthEstimation", "DPTConfig", dict(hidden_size=32, num_hidden_layers=4, num_attention_heads=2, intermediate_size=64, image_size=64, patch_size=16, backbone_out_indices=[0, 1, 2, 3], neck_hidden_sizes=[8, 16, 16, 16], fusion_hidden_size=16)),
}


class Logits(torch.nn.Module):
    def __init__(self, m):
        super().__init__()
        self.m = m

    def forward(self, x):
        o = self.m(pixel_values=x)
        return o.predicted_depth if "predicted_depth" in o else o.logits


def timm_net(entry):
    """The network, its picture and the size of its last feature map."""
    import timm

    name, _, size = entry.partition(":")
    size = int(size or 96)
    torch.manual_seed(0)
    m = timm.create_model(name, pretrained=False, num_classes=7, exportable=True).eval()
    x = torch.randn(1, 3, size, size)
    with torch.no_grad():
        f = m.forward_features(x)
    want = None
    if isinstance(f, torch.Tensor):
        s = list(f.shape)
        if len(s) == 4:
            want = s[1:3] if s[1] == s[2] and s[2] != s[3] else s[2:4]
        elif len(s) == 3:
            n = s[1] - getattr(m, "num_prefix_tokens", 0)
            side = math.isqrt(n)
            want = [side, side] if side * side == n else None
    return m, x, want


def hf_net(name):
    import transformers

    cls, cfg, options = HF[name]
    torch.manual_seed(0)
    config = getattr(transformers, cfg)(**options)
    config.num_labels = 7
    size = options.get("image_size") or options.get("vision_config", {}).get("image_size") or 64
    return Logits(getattr(transformers, cls)(config).eval()), torch.randn(1, 3, size, size), None


def export(m, x, path, new):
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        if new:
            torch.onnx.export(m, (x,), path, dynamo=True, external_data=False)
        else:
            torch.onnx.export(m, (x,), path, dynamo=False)


def suggested(tool, path):
    p = subprocess.run([tool, "layers", "--model", path, "--json"], capture_output=True, text=True)
    if p.returncode:
        return None, p.stderr.strip().removeprefix("gradcam: ")
    for l in json.loads(p.stdout):
        l = {k.lower(): v for k, v in l.items()}
        if l.get("suggested"):
            return l, ""
    return None, "no layer is suggested"


def main(folder, tool, names):
    os.makedirs(folder, exist_ok=True)
    exporters = [n for n in names if n in ("older", "newer")] or ["older", "newer"]
    names = [n for n in names if n not in exporters]
    jobs = [("timm", e) for e in TIMM] + [("transformers", n) for n in HF]
    for lib, entry in jobs:
        name = entry.partition(":")[0]
        if names and name not in names:
            continue
        net = None
        for exporter in exporters:
            path = os.path.join(folder, f"{lib}-{name}-{exporter}.onnx")
            note = path.removesuffix(".onnx") + ".made"  # .json would be taken for its sidecar
            if not os.path.exists(note):
                try:
                    net = net or (timm_net(entry) if lib == "timm" else hf_net(name))
                    export(net[0], net[1], path, exporter == "newer")
                    said = dict(want=net[2])
                except BaseException as e:  # exporters end in many ways
                    if isinstance(e, KeyboardInterrupt):
                        raise
                    said = dict(failed=f"{type(e).__name__}: {str(e).splitlines()[0][:100] if str(e) else ''}")
                with open(note, "w") as f:
                    json.dump(said, f)
            said = json.load(open(note))
            if "failed" in said:
                print(f"| {lib} | {name} | {exporter} | not exported | | | {said['failed'].replace('|', '/')} |", flush=True)
                continue
            l, err = suggested(tool, path)
            if l is None:
                print(f"| {lib} | {name} | {exporter} | refused | | | {err[:160].replace('|', '/')} |", flush=True)
                continue
            got, want = l["grid"][:2], said["want"]
            right = "" if want is None else "as timm's" if got == want else f"timm's is {want[0]} x {want[1]}"
            print(f"| {lib} | {name} | {exporter} | `{l.get('path') or l['name']}` | {l['op']} | {got[0]} x {got[1]} | {right} |", flush=True)


main(sys.argv[1], sys.argv[2], sys.argv[3:])
