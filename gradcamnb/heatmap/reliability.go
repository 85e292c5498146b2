package heatmap

// Reliability is what the rank correlation of the whole map with that of as many other masks is expected to be, from 0
// to 1, by that of its halves, r:
//
//	2r / (1 + r)
//
// Spearman 1910, "Correlation calculated from faulty data", and Brown 1910, "Some experimental results in the
// correlation of mental abilities" (both British Journal of Psychology 3), who derive it for Pearson's r; here r is of
// ranks. It is 0 for halves that do not agree at all, and NaN before there are two.
func (s *SampledRun) Reliability() float64 {
	r := s.Agreement
	if r < 0 {
		return 0
	}
	return 2 * r / (1 + r)
}
