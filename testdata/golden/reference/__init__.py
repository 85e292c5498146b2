"""What generate.py calls: one group of reference data a file. Importing it makes the computation one that can be repeated."""
import logging
import os
import warnings

os.environ.setdefault("OMP_NUM_THREADS", "1")
warnings.filterwarnings("ignore")

import cv2
import onnxruntime
import torch

torch.set_num_threads(1)
cv2.setNumThreads(1)
logging.disable(logging.CRITICAL)
onnxruntime.set_default_logger_severity(4)
