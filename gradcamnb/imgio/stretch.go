package imgio

func init() { fits[Stretch] = placeStretch }

// placeStretch scales each side by itself to the input's size. If Resize is set, it scales both sides to Resize pixels
// and cuts the centre out.
func placeStretch(p Prep, _, _ int) placement {
	if p.Resize > 0 {
		return p.cut(p.Resize, p.Resize)
	}
	return p.cut(p.Width, p.Height)
}
