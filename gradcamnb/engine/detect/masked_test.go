package detect

import (
	"math"
	"testing"
)

// Masks of the picture's size, 2 x 3 pixels, are taken as they are, with torchvision's axis of one channel.
func TestMasksOfThePicture(t *testing.T) {
	got := decode(t, MaskRCNN, `{"classes": 3}`, 0, [2]int{2, 3},
		tensor([]int{1, 2, 4}, 0, 0, 1, 1, 1, 0, 3, 2), tensor([]int{1, 2}, 0, 2), tensor([]int{1, 2}, 0.1, 0.8),
		tensor([]int{1, 2, 1, 2, 3}, 0, 0, 0, 0, 0, 0, 0, 0.25, 1, 0.5, 0.75, 0))
	near(t, "mask", got.mask, 0, 0.25, 1, 0.5, 0.75, 0)
}

// What MMDeploy writes: the second mask stands over its box, the right half of 8 x 8 pixels, as in [TestMaskRCNN]; of
// the picture's size it is taken as it is.
func TestDetsLabelsMasks(t *testing.T) {
	dets, labels := tensor([]int{1, 2, 5}, 0, 0, 1, 1, 0.1, 4, 0, 8, 8, 0.8), tensor([]int{1, 2}, 0, 2)
	got := decode(t, DetsLabelsMasks, "", 3, [2]int{8, 8}, dets, labels, tensor([]int{1, 2, 2, 2}, 0, 0, 0, 0, 0, 0, 1, 0.5))
	near(t, "boxes", got.boxes, 0, 0, 1, 1, 4, 0, 8, 8)
	near(t, "scores", got.scores, 1, 0, 0, 0, 0, 1)
	near(t, "objectness", got.objectness, 0.1, 0.8)
	near(t, "mask over its box", got.mask, 0, 0, 0, 0.75)
	got = decode(t, DetsLabelsMasks, "", 3, [2]int{1, 2}, dets, labels, tensor([]int{1, 2, 1, 2}, 0, 0, 0.25, 1))
	near(t, "mask of the picture", got.mask, 0.25, 1)
}

// RF-DETR's order, boxes first: the logits 0 and ln 3 are the probabilities 1/2 and 3/4.
func TestRTDETRSeg(t *testing.T) {
	three := float32(math.Log(3))
	got := decode(t, RTDETRSeg, `{"first": "boxes"}`, 1, [2]int{10, 20},
		tensor([]int{1, 2, 4}, 0, 0, 0, 0, 0.5, 0.5, 0.5, 1), tensor([]int{1, 2, 1}, 0, three),
		tensor([]int{1, 2, 1, 2}, 0, 0, three, 0))
	near(t, "second box", got.boxes[4:], 5, 0, 15, 10)
	near(t, "scores", got.scores, 0.5, 0.75)
	near(t, "mask", got.mask, 0.75, 0.5)
}
