"""transformers' models of the hub."""
import json

import transformers as hf

from detectors_torch import CLASSES, Logits, Masked, one_stage, resnet, rt, small, spread
from makers.case import Case
from makers.decoded import masked, queries, softmaxed
from makers.prepared import NAMES, SIZE, edges, normal, stretched


def hub(processor, architecture, **more):
    """preprocessor_config.json and config.json as transformers writes them"""
    return {"preprocessor_config.json": json.dumps({"image_processor_type": processor, "do_resize": True, "do_rescale": True, "rescale_factor": 1 / 255, "resample": 2,
                                                    "image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225], "do_normalize": True, "do_pad": True, **more}),
            "config.json": json.dumps({"architectures": [architecture], "id2label": {str(i): n for i, n in enumerate(NAMES)}})}


CASES = {
    "DETR, any size": lambda: Case(Logits(spread(hf.DetrForObjectDetection(hf.DetrConfig(**one_stage())))), edges, lambda y, h, w: softmaxed(y[0][0], y[1][0], h, w), inputs=("pixel_values",), outputs=("logits", "pred_boxes"),
                                   files=hub("DetrImageProcessor", "DetrForObjectDetection", size={"shortest_edge": 96, "longest_edge": 133}), free={"pixel_values": {0: "batch", 2: "height", 3: "width"}}, threshold=0.1),
    "RT-DETR of the hub": lambda: Case(Logits(spread(hf.RTDetrForObjectDetection(hf.RTDetrConfig(**rt())))), stretched, lambda y, h, w: queries(y[0][0], y[1][0], h, w), inputs=("pixel_values",), outputs=("logits", "pred_boxes"),
                                       files=hub("RTDetrImageProcessor", "RTDetrForObjectDetection", size={"height": SIZE, "width": SIZE}, do_normalize=False), threshold=0.5, opset=20),
    "YOLOS of the hub": lambda: Case(Logits(spread(hf.YolosForObjectDetection(hf.YolosConfig(hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=64, image_size=[SIZE, SIZE], num_detection_tokens=30,
                                                                                            num_labels=CLASSES, use_mid_position_embeddings=False)))), normal, lambda y, h, w: softmaxed(y[0][0], y[1][0], h, w),
                                     inputs=("pixel_values",), outputs=("logits", "pred_boxes"), files=hub("YolosImageProcessor", "YolosForObjectDetection", size={"shortest_edge": 512, "longest_edge": 864}), threshold=0.1),
    "MaskFormer of the hub": lambda: Case(Masked(hf.MaskFormerForInstanceSegmentation(hf.MaskFormerConfig(
        backbone_config=hf.SwinConfig(image_size=SIZE, embed_dim=16, depths=[1, 1, 1, 1], num_heads=[1, 2, 4, 8], window_size=5, out_features=["stage1", "stage2", "stage3", "stage4"]),
        decoder_config=hf.DetrConfig(**small(backbone_config=resnet(), num_queries=20)), fpn_feature_size=32, mask_feature_size=32, num_labels=CLASSES))), normal, masked,
        inputs=("pixel_values",), outputs=("class_queries_logits", "masks_queries_logits"), files=hub("MaskFormerImageProcessor", "MaskFormerForInstanceSegmentation", size={"shortest_edge": 160, "longest_edge": 213}), threshold=0.05),
    "DEIMv2 of the hub": lambda: Case(Logits(spread(hf.Deimv2ForObjectDetection(hf.Deimv2Config(**rt())))), stretched, lambda y, h, w: queries(y[0][0], y[1][0], h, w), inputs=("pixel_values",), outputs=("logits", "pred_boxes"),
                                      files=hub("RTDetrImageProcessor", "Deimv2ForObjectDetection", size={"height": SIZE, "width": SIZE}, do_normalize=False), threshold=0.5, opset=20),
    "LW-DETR of the hub": lambda: Case(Logits(spread(hf.LwDetrForObjectDetection(hf.LwDetrConfig(
        backbone_config=hf.LwDetrViTConfig(hidden_size=32, num_hidden_layers=2, num_attention_heads=4, image_size=SIZE, pretrain_image_size=SIZE, num_windows=4, window_block_indices=[0], out_features=["stage1", "stage2"]),
        projector_scale_factors=[1.0], d_model=32, decoder_ffn_dim=64, decoder_layers=2, decoder_self_attention_heads=4, decoder_cross_attention_heads=4, num_queries=30, group_detr=1, num_labels=CLASSES)))), normal, lambda y, h, w: queries(y[0][0], y[1][0], h, w),
        inputs=("pixel_values",), outputs=("logits", "pred_boxes"), files=hub("DeformableDetrImageProcessor", "LwDetrForObjectDetection", size={"height": SIZE, "width": SIZE}), threshold=0.5, opset=20),
}
