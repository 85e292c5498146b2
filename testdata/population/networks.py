"""The networks of the population: timm's and transformers' with random weights, and small pictures."""
import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
import torch

CLASSES = 5  # so that the list of the best five classes holds them all

# name[:height[xwidth]]; what takes img_size is given it
TIMM = """resnet18 resnet26t seresnet18 ecaresnet26t legacy_seresnet18 skresnet18 resnest14d resnext26ts res2net50_26w_4s densenet121 rdnet_tiny vgg11_bn:64
inception_v3:139 inception_v4:139 inception_resnet_v2:139 xception41 legacy_xception:96 pnasnet5large:96 nasnetalarge:96 mobilenetv1_100 mobilenetv2_050 mobilenetv3_small_050
tf_mobilenetv3_small_minimal_100 mobilenetv4_conv_small mobilenetv4_hybrid_medium:96 mobilenet_edgetpu_v2_xs efficientnet_b0 efficientnetv2_rw_t tf_efficientnet_b0 tf_efficientnet_lite0 tf_efficientnetv2_b0
efficientnet_es mixnet_s tf_mixnet_s regnetx_002 regnety_002 regnetz_005 ghostnet_050 ghostnetv2_100 repghostnet_050 mnasnet_small spnasnet_100 semnasnet_075
convnext_atto convnextv2_atto convnext_zepto_rms hgnet_tiny hgnetv2_b0 hrnet_w18_small repvgg_a0 mobileone_s0 rexnet_100 dla34 dla46_c dpn48b cspresnet50 cspdarknet53 cspnext_tiny darknet53 darknetaa53
vovnet39a ese_vovnet19b_dw tresnet_m nf_regnet_b0 nf_resnet26 nfnet_l0 eca_nfnet_l0 resnetv2_18 resnetv2_50x1_bit selecsls42 hardcorenas_a fbnetc_100 fbnetv3_b lcnet_050 lcnetv2_small tinynet_e gernet_s
eca_resnext26ts gcresnet33ts bat_resnext26ts botnet26t_256:256 halonet26t:256 lambda_resnet26t:256
poolformer_s12 poolformerv2_s12 caformer_s18 convformer_s18 inception_next_atto starnet_s1 fasternet_t0 shvit_s1:128 edgenext_xx_small efficientvim_m1:128 mambaout_femto test_mambaout lowformer_b0:128
mobilevit_xxs:128 mobilevitv2_050:128 repvit_m0_9 fastvit_t8:128 swiftformer_xs:224 iformer_t:224 csatv2:256 cpubone_nano:128 tiny_vit_5m_224:224 efficientformer_l1:224 efficientformerv2_s0:224 efficientvit_b0:128
efficientvit_l1:128 efficientvit_m0:224 levit_128s:224 levit_conv_128s:224 nextvit_small:128 coatnet_pico_rw_224:224 maxvit_rmlp_pico_rw_256:256 maxxvit_rmlp_nano_rw_256:256 coat_lite_tiny:224 coat_tiny:224 convit_tiny:64
crossvit_tiny_240:240 cait_xxs24_224:64 deit_tiny_patch16_224:64x96 deit_tiny_distilled_patch16_224:64x96 deit3_small_patch16_224:64x96 beit_base_patch16_224:64 beitv2_base_patch16_224:64 eva02_tiny_patch14_224:56x84
vit_tiny_patch16_224:64x96 vit_medium_patch16_reg4_gap_256:64x96 vit_little_patch16_reg1_gap_256:64x96 vit_small_patch14_reg4_dinov2:56x84 vit_base_patch16_siglip_224:64x96 vit_relpos_small_patch16_224:64x96
vit_srelpos_small_patch16_224:64x96 vit_base_patch16_clip_224:64x96 vit_base_patch16_rope_224:64x96 vit_tiny_r_s16_p8_224:224 vit_small_resnet26d_224:224 flexivit_small:64x96 samvit_base_patch16_224:224 naflexvit_base_patch16_gap:64 vitamin_small_224:224
swin_tiny_patch4_window7_224:224 swinv2_cr_tiny_ns_224:224 swinv2_tiny_window8_256:256 swin_s3_tiny_224:224 twins_pcpvt_small:224 twins_svt_small:224 pvt_v2_b0:96 mvitv2_tiny:224 xcit_nano_12_p16_224:64x96 volo_d1_224:224
visformer_tiny:224 pit_ti_224:224 pit_ti_distilled_224:224 nest_tiny:224 davit_tiny:64 focalnet_tiny_srf:64 gcvit_xxtiny:224 hiera_tiny_224:224 sam2_hiera_tiny:224 tnt_s_legacy_patch16_224:64
mixer_s32_224:224 gmixer_24_224:224 resmlp_12_224:224 gmlp_ti16_224:224 convmixer_768_32:64 sequencer2d_s:224""".split()

SMALL = dict(hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64, image_size=64, patch_size=16)
FOUR = dict(depths=[1, 1, 1, 1], hidden_sizes=[8, 16, 24, 32])
WINDOWS = dict(image_size=64, embed_dim=16, depths=[1, 1], num_heads=[2, 2], window_size=4)
RESNET = dict(embedding_size=8, hidden_sizes=[8, 16, 24, 32], depths=[1, 1, 1, 1])


def stages(names):
    return dict(out_features=names)


# name: (class, configuration, its options, what is explained: a class, a region or an element of the first output)
HF = {
    "vit": ("ViTForImageClassification", "ViTConfig", SMALL),
    "vit-hybrid-masked": ("ViTForMaskedImageModeling", "ViTConfig", SMALL),
    "vit-msn": ("ViTMSNForImageClassification", "ViTMSNConfig", SMALL),
    "deit": ("DeiTForImageClassification", "DeiTConfig", SMALL),
    "deit-teacher": ("DeiTForImageClassificationWithTeacher", "DeiTConfig", SMALL),
    "dinov2": ("Dinov2ForImageClassification", "Dinov2Config", dict(SMALL, mlp_ratio=2)),
    "dinov2-registers": ("Dinov2WithRegistersForImageClassification", "Dinov2WithRegistersConfig", SMALL | dict(num_register_tokens=3)),
    "dinov3": ("DINOv3ViTModel", "DINOv3ViTConfig", SMALL | dict(num_register_tokens=4)),
    "dinov3-convnext": ("DINOv3ConvNextModel", "DINOv3ConvNextConfig", FOUR),
    "ijepa": ("IJepaForImageClassification", "IJepaConfig", SMALL),
    "beit": ("BeitForImageClassification", "BeitConfig", SMALL),
    "beit-relative": ("BeitForImageClassification", "BeitConfig", SMALL | dict(use_relative_position_bias=True)),
    "data2vec": ("Data2VecVisionForImageClassification", "Data2VecVisionConfig", SMALL),
    "clip": ("CLIPForImageClassification", "CLIPConfig", dict(vision_config=SMALL)),
    "siglip": ("SiglipForImageClassification", "SiglipConfig", dict(vision_config=SMALL)),
    "hiera": ("HieraForImageClassification", "HieraConfig", dict(image_size=[64, 64], embed_dim=16, depths=[1, 1, 1, 1], num_heads=[1, 1, 2, 2])),
    "segformer": ("SegformerForImageClassification", "SegformerConfig", FOUR),
    "levit": ("LevitForImageClassification", "LevitConfig", dict(image_size=64, hidden_sizes=[16, 24, 32], num_attention_heads=[2, 3, 4], depths=[1, 1, 1], key_dim=[4, 4, 4])),
    "swin": ("SwinForImageClassification", "SwinConfig", WINDOWS),
    "swinv2": ("Swinv2ForImageClassification", "Swinv2Config", WINDOWS),
    "donut-swin": ("DonutSwinForImageClassification", "DonutSwinConfig", WINDOWS),
    "maskformer-swin": ("MaskFormerSwinBackbone", "MaskFormerSwinConfig", WINDOWS),
    "convnext": ("ConvNextForImageClassification", "ConvNextConfig", FOUR),
    "convnextv2": ("ConvNextV2ForImageClassification", "ConvNextV2Config", FOUR),
    "mobilevit": ("MobileViTForImageClassification", "MobileViTConfig", dict(image_size=128)),
    "mobilevitv2": ("MobileViTV2ForImageClassification", "MobileViTV2Config", dict(image_size=128, width_multiplier=0.5)),
    "swiftformer": ("SwiftFormerForImageClassification", "SwiftFormerConfig", dict(image_size=64, depths=[1, 1, 1, 1], embed_dims=[8, 16, 24, 32])),
    "poolformer": ("PoolFormerForImageClassification", "PoolFormerConfig", FOUR),
    "pvt": ("PvtForImageClassification", "PvtConfig", dict(image_size=64, depths=[1, 1, 1, 1], hidden_sizes=[8, 16, 24, 32], num_attention_heads=[1, 1, 2, 2])),
    "pvt-v2": ("PvtV2ForImageClassification", "PvtV2Config", FOUR | dict(image_size=64, num_attention_heads=[1, 1, 2, 2])),
    "cvt": ("CvtForImageClassification", "CvtConfig", dict(embed_dim=[8, 16, 24], depth=[1, 1, 2], num_heads=[1, 1, 1])),
    "focalnet": ("FocalNetForImageClassification", "FocalNetConfig", dict(image_size=64, embed_dim=16, depths=[1, 1])),
    "resnet": ("ResNetForImageClassification", "ResNetConfig", RESNET),
    "regnet": ("RegNetForImageClassification", "RegNetConfig", RESNET | dict(groups_width=8)),
    "bit": ("BitForImageClassification", "BitConfig", RESNET | dict(num_groups=4, embedding_dynamic_padding=True)),
    "efficientnet": ("EfficientNetForImageClassification", "EfficientNetConfig", dict(width_coefficient=0.25, depth_coefficient=0.3, image_size=64, hidden_dim=320)),
    "mobilenet-v1": ("MobileNetV1ForImageClassification", "MobileNetV1Config", dict(depth_multiplier=0.25)),
    "mobilenet-v2": ("MobileNetV2ForImageClassification", "MobileNetV2Config", dict(depth_multiplier=0.35)),
    "hgnet-v2": ("HGNetV2ForImageClassification", "HGNetV2Config", {}),
    "pp-lcnet": ("PPLCNetForImageClassification", "PPLCNetConfig", dict(scale=0.25)),
    "textnet": ("TextNetForImageClassification", "TextNetConfig", {}),
    "perceiver-conv": ("PerceiverForImageClassificationConvProcessing", "PerceiverConfig", dict(num_latents=8, d_latents=32, num_blocks=1, num_self_attends_per_block=1, num_self_attention_heads=2, num_cross_attention_heads=1)),
    "segformer-semantic": ("SegformerForSemanticSegmentation", "SegformerConfig", FOUR | dict(decoder_hidden_size=16)),
    "mobilenet-v2-semantic": ("MobileNetV2ForSemanticSegmentation", "MobileNetV2Config", dict(depth_multiplier=0.35, output_stride=16)),
    "mobilevit-semantic": ("MobileViTForSemanticSegmentation", "MobileViTConfig", dict(image_size=128)),
    "beit-semantic": ("BeitForSemanticSegmentation", "BeitConfig", SMALL | dict(num_hidden_layers=4, out_indices=[1, 2, 3, 4], use_auxiliary_head=False)),
    "upernet": ("UperNetForSemanticSegmentation", "UperNetConfig", dict(hidden_size=16, use_auxiliary_head=False)),
    "dpt": ("DPTForDepthEstimation", "DPTConfig", SMALL | dict(num_hidden_layers=4, backbone_out_indices=[0, 1, 2, 3], neck_hidden_sizes=[8, 16, 16, 16], fusion_hidden_size=16, is_hybrid=False)),
    "dpt-semantic": ("DPTForSemanticSegmentation", "DPTConfig", SMALL | dict(num_hidden_layers=4, backbone_out_indices=[0, 1, 2, 3], neck_hidden_sizes=[8, 16, 16, 16], fusion_hidden_size=16, is_hybrid=False, use_auxiliary_head=False)),
    "glpn": ("GLPNForDepthEstimation", "GLPNConfig", FOUR | dict(decoder_hidden_size=16, num_attention_heads=[1, 2, 2, 4])),
    "swin2sr": ("Swin2SRForImageSuperResolution", "Swin2SRConfig", dict(image_size=32, embed_dim=16, depths=[1, 1], num_heads=[2, 2], window_size=4)),
    "yolos": ("YolosForObjectDetection", "YolosConfig", SMALL | dict(image_size=[64, 64], num_detection_tokens=5)),
    "detr": ("DetrForObjectDetection", "DetrConfig", dict(d_model=32, encoder_layers=1, decoder_layers=1, encoder_attention_heads=2, decoder_attention_heads=2, encoder_ffn_dim=32, decoder_ffn_dim=32, num_queries=6, use_timm_backbone=False, use_pretrained_backbone=False, backbone=None, backbone_config=("ResNetConfig", RESNET | stages(["stage4"])))),
    "vitdet": ("VitDetBackbone", "VitDetConfig", dict(hidden_size=32, num_hidden_layers=2, num_attention_heads=2, image_size=64, pretrain_image_size=64, patch_size=16, window_size=0)),
}


# tokens after those of the picture
AFTER = {"yolos": 5}


class Plain(torch.nn.Module):
    """The first output that is a list of classes, a map of them or numbers."""

    def __init__(self, m):
        super().__init__()
        self.m = m

    def forward(self, x):
        o = self.m(pixel_values=x) if not hasattr(self.m, "perceiver") else self.m(inputs=x)
        for k in ("logits", "predicted_depth", "reconstruction", "pooler_output", "last_hidden_state"):
            if k in o:
                return o[k]
        return o.feature_maps[-1]


def settle(m, seed=0):
    """Gives parameters that are one number everywhere, and running statistics, values of a trained network's kind.

    Layer scales of 1e-6, last norms of 0 and batch norms that do nothing hide most of a network from its gradient.
    """
    g = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, p in m.named_parameters():
            if p.is_floating_point() and p.numel() > 1 and bool((p == p.flatten()[0]).all()):
                at = float(p.flatten()[0])
                u = torch.rand(p.shape, generator=g)
                p.copy_(at * (0.7 + 0.6 * u) if abs(at) >= 0.3 else (0.3 + 0.4 * u) * (1 if at else 0) + (0.1 * (u - 0.5) if not at else 0))
    norms = [n for n in m.modules() if isinstance(n, torch.nn.modules.batchnorm._BatchNorm) and n.track_running_stats]
    return norms


def warm(m, norms, x):
    """Takes the running statistics from a batch of noise."""
    if not norms:
        return
    for n in norms:
        n.train()
        n.momentum_kept, n.momentum = n.momentum, 1.0
    try:
        with torch.no_grad():
            m(torch.cat([x, torch.randn(3, *x.shape[1:])]))
    except Exception:  # batches of one only
        pass
    for n in norms:
        n.momentum = n.momentum_kept
        n.eval()
        n.running_var.clamp_(min=1e-3)


def size(text, default):
    h, _, w = (text or default).partition("x")
    return int(h), int(w or h)


def timm_net(entry):
    """The network and its picture."""
    import timm

    name, _, side = entry.partition(":")
    h, w = size(side, "64x96")
    torch.manual_seed(0)
    options = dict(pretrained=False, num_classes=CLASSES, exportable=True)
    try:
        m = timm.create_model(name, img_size=(h, w), **options)
    except TypeError:
        m = timm.create_model(name, **options)
    x = torch.randn(1, 3, h, w)
    m = m.eval()
    warm(m, settle(m), x)
    return m, x


def hf_net(name):
    import transformers

    cls, cfg, options = HF[name]
    options = dict(options)
    if isinstance(options.get("backbone_config"), tuple):
        inner = options["backbone_config"]
        options["backbone_config"] = getattr(transformers, inner[0])(**inner[1])
    torch.manual_seed(0)
    config = getattr(transformers, cfg)(**options)
    config.num_labels = CLASSES
    config._attn_implementation = "eager"
    m = Plain(getattr(transformers, cls)(config)).eval()
    side = options.get("image_size") or options.get("vision_config", {}).get("image_size") or [64, 96]
    h, w = side if isinstance(side, list) else (side, side)
    if name.startswith("perceiver"):
        h = w = 224
    x = torch.randn(1, 3, h, w)
    warm(m, settle(m), x)
    return m, x


def double(m):
    """The network in float64, buffers and all."""
    return m.double()


class exact:
    """New tensors are float64."""

    def __enter__(self):
        torch.set_default_dtype(torch.float64)

    def __exit__(self, *_):
        torch.set_default_dtype(torch.float32)
