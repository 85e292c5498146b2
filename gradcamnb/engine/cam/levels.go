package cam

// LevelsFusion is one map of all levels of a detector: of the method's map at each level the positive part, at
// the size of the picture and divided by its highest value; of the levels the largest:
//
//	L = max_l (U(ReLU(L_l)) / max U(ReLU(L_l))),  U resizes bilinearly to the picture
//
// Ultralytics 8.4.190 joins LayerCAM's maps so where it draws with visualize=True (ultralytics/utils/plotting.py), and
// has no paper. If no layers are named it takes the last map before the heads of every level. It is made of LayerCAM,
// or of another method: Levels(ODAM).
var LevelsFusion = register(Method{
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
