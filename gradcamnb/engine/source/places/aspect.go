package places

// IsPictureShaped tells whether h x w has the aspect ratio of the picture [height, width], up to the rounding of small
// maps.
func IsPictureShaped(h, w int, picture [2]int) bool {
	if picture[0] == 1 && h == 1 {
		return true // a signal, whose one row stays one row
	}
	return likePicture(float64(h), float64(w), picture)
}

// LikePicture tells whether h x w cells, of the part of the picture that they show, have the aspect ratio of the
// picture.
func (f Position) LikePicture(h, w int, picture [2]int) bool {
	if f.Beyond == [2][2]float64{} {
		return IsPictureShaped(h, w, picture)
	}
	return likePicture(float64(h)/(1-f.Beyond[0][0]-f.Beyond[0][1]), float64(w)/(1-f.Beyond[1][0]-f.Beyond[1][1]), picture)
}

func likePicture(h, w float64, picture [2]int) bool {
	ratio := h * float64(picture[1]) / (w * float64(picture[0]))
	return ratio > 0.6 && ratio < 1.7
}
