package cam

// LevelsFusion makes one map of all levels of a detector. It takes the positive part of the method's map at each level,
// resizes it to the picture, divides it by its highest value, and takes the largest value over the levels:
//
//	L = max_l (U(ReLU(L_l)) / max U(ReLU(L_l))),  U resizes bilinearly to the picture
//
// Ultralytics 8.4.190 joins LayerCAM's maps this way if it draws with visualize=True (ultralytics/utils/plotting.py);
// it is in no paper. If no layers are named, the last layer before the heads of every level is taken. It is made of
// LayerCAM, or of another method: Levels(ODAM).
var LevelsFusion = Register(Method{
	Name:    "Levels",
	Paper:   "Ultralytics 8.4.190 (utils/plotting.py)",
	Formula: "largest over a detector's levels of the method's maps, each divided by its highest value",
	Unit:    "relative",
	Passes:  "as the method that it is made of, for all levels together",
	Use:     "to join the maps of all levels of a detector",
	Peers:   "Ultralytics takes the largest over all its predictions, too",
	Procedure: Wrapper{Usual: "LayerCAM", Make: func(base Method) (Procedure, error) {
		if _, err := onePassAtLayer(base); err != nil {
			return nil, err
		}
		return LayerFusion{Method: base, AllLevels: true, Join: func(maps []Grid) Grid {
			for _, m := range maps {
				var top float32
				for _, v := range m.Flat {
					top = max(top, v)
				}
				for i := range m.Flat {
					m.Flat[i] /= max(top, 1e-7)
				}
			}
			return combine(maps, func(a, b float32) float32 { return max(a, b) })
		}}, nil
	}},
})
