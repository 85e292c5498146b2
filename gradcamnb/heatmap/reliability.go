package heatmap

// Reliability returns the rank correlation that the whole map is expected to have with a map of as many other masks,
// from 0 to 1. It follows from r, the rank correlation of the maps of two halves of the masks:
//
//	2r / (1 + r)
//
// Spearman 1910, "Correlation calculated from faulty data", and Brown 1910, "Some experimental results in the
// correlation of mental abilities" (both British Journal of Psychology 3), derive it for Pearson's r; here r is of
// ranks. Reliability returns 0 if the halves do not agree at all, and NaN before there are two.
func (s *SampledRun) Reliability() float64 {
	r := s.Agreement
	if r < 0 {
		return 0
	}
	return 2 * r / (1 + r)
}
