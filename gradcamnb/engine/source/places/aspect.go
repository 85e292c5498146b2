package places

// LikePicture tells whether h x w has the aspect ratio of the picture [height, width], up to the rounding of small
// maps.
func LikePicture(h, w int, picture [2]int) bool {
	if picture[0] == 1 && h == 1 {
		return true // a signal, whose one row stays one row
	}
	ratio := float64(h) * float64(picture[1]) / (float64(w) * float64(picture[0]))
	return ratio > 0.6 && ratio < 1.7
}
