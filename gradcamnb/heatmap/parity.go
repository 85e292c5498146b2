package heatmap

// Parity returns the map normalised as pytorch-grad-cam 1.5.7 does (base_cam.py,
// image.py: scale_cam_image): with c = max(Raw, 0),
//
//	l = (c - min c) / (1e-7 + max(c - min c))      at the layer's resolution
//	r = bilinear resize of l to [H, W]
//	p = (r - min r) / (1e-7 + max(r - min r))      at full resolution
//
// The resize is affine in its values (its weights sum to one), so r is the
// already resized Map with the layer's own minimum and maximum applied, and no
// second resize is needed.
func (m *Map) Parity() Grid { panic("heatmap: not written yet") }

// Fuse joins maps of several layers as pytorch-grad-cam does: the mean of the
// maps r of [Map.Parity], normalised once more at full resolution.
func Fuse(maps ...*Map) Grid { panic("heatmap: not written yet") }
