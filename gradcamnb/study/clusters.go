package study

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
)

// Cluster is a group of maps that look alike: of one cell, and of one class, if enough of it was drawn.
type Cluster struct {
	Cell     Cell      // the method and layer
	Class    string    // empty means of all classes
	N, Of    int       // maps in the cluster, and in the group that was divided
	Correct  int       // of the N, those whose prediction is the label
	Mean     []float64 // of its maps, as looks
	Where    string    // part of the picture in which the mean map is high, in words
	Classes  string    // the commonest classes in it, in words
	Examples []Row     // nearest to the mean; their maps are looks
}

const (
	fewest   = 24  // maps of a class that are divided by themselves
	divided  = 400 // of them at most: a picture may have many, and n of them take n x n numbers
	most     = 8   // clusters
	examples = 5   // of a cluster
)

// clusters divides the sample's maps of a cell by what they look like, as SpRAy does.
func (s sample) clusters(cell Cell) []Cluster {
	byClass := map[string][]shown{}
	var all []shown
	for _, one := range s {
		for _, m := range one.Maps {
			if m.Cell == cell && m.Look != nil {
				all = append(all, shown{one, m, mass(m.Look)})
				byClass[m.Class] = append(byClass[m.Class], all[len(all)-1])
			}
		}
	}
	var out []Cluster
	for _, class := range sorted(byClass) {
		if of := byClass[class]; len(of) >= fewest {
			out = append(out, divide(cell, class, of)...)
		}
	}
	if len(out) == 0 && len(all) >= fewest {
		out = divide(cell, "", all)
	}
	return out
}

type shown struct {
	sampled
	sampledMap
	mass []float64
}

// divide is the clusters of a group, or of the first of it, which were drawn by hash, the largest first.
func divide(cell Cell, class string, of []shown) []Cluster {
	of = of[:min(len(of), divided)]
	masses := make([][]float64, len(of))
	for i, one := range of {
		masses[i] = one.mass
	}
	in := spectral(masses)
	var out []Cluster
	for k := range slices.Max(in) + 1 {
		var members []shown
		for i, c := range in {
			if c == k {
				members = append(members, of[i])
			}
		}
		if len(members) > 0 {
			out = append(out, newCluster(cell, class, members, len(of)))
		}
	}
	slices.SortStableFunc(out, func(a, b Cluster) int { return cmp.Compare(b.N, a.N) })
	return out
}

func newCluster(cell Cell, class string, members []shown, of int) Cluster {
	c := Cluster{Cell: cell, Class: class, N: len(members), Of: of, Mean: make([]float64, side*side)}
	count := map[string]int{}
	for _, m := range members {
		for i, v := range m.mass {
			c.Mean[i] += v / float64(len(members))
		}
		if count[m.Class]++; m.Correct {
			c.Correct++
		}
	}
	c.Where = where(c.Mean)
	names := sorted(count)
	slices.SortStableFunc(names, func(a, b string) int { return cmp.Compare(count[b], count[a]) })
	for _, name := range names[:min(3, len(names))] {
		if c.Classes != "" {
			c.Classes += ", "
		}
		c.Classes += fmt.Sprintf("%s %d", name, count[name])
	}
	slices.SortStableFunc(members, func(a, b shown) int {
		return cmp.Compare(distance(a.mass, c.Mean), distance(b.mass, c.Mean))
	})
	for _, m := range members[:min(examples, len(members))] {
		values := make([]float32, len(m.Look))
		for i, v := range m.Look {
			values[i] = float32(v) / 255
		}
		c.Examples = append(c.Examples, Row{Index: m.Index, Picture: m.Picture, Model: cell.Model, Layer: cell.Layer,
			Method: cell.Method, Class: m.Class, ClassIndex: -1, Width: side, Height: side, Left: m.Left, Top: m.Top,
			Right: m.Right, Bottom: m.Bottom, Map: halves(values), Scale: 1})
	}
	return c
}

func sorted[V any](m map[string]V) []string {
	var out []string
	for name := range m {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

func distance(a, b []float64) float64 {
	var sum float64
	for i := range a {
		sum += (a[i] - b[i]) * (a[i] - b[i])
	}
	return math.Sqrt(sum)
}

// spectral is the number of the cluster of each point: Lapuschkin et al. 2019, "Unmasking Clever Hans predictors and
// assessing what machines really learn" (SpRAy), with the steps of von Luxburg 2007, "A Tutorial on Spectral
// Clustering": W joins each point with its nearest ones, either way; of the normalised Laplacian
//
//	L = I - D^(-1/2) W D^(-1/2),   D_ii = SUM_j W_ij
//
// the lowest eigenvalues l_1, l_2, ... are near 0, as many as there are clusters: their number k is where l_(k+1) -
// l_k is largest. The rows of the first k eigenvectors, each of length 1, are divided by k-means.
func spectral(points [][]float64) []int {
	n := len(points)
	var eigen mat.EigenSym
	if n < 3 || !eigen.Factorize(laplacian(neighbours(points)), true) {
		return make([]int, n)
	}
	values := eigen.Values(nil) // rising
	k := 1
	for i := 1; i < min(most, n-1); i++ {
		if values[i+1]-values[i] > values[k]-values[k-1] {
			k = i + 1
		}
	}
	var vectors mat.Dense
	eigen.VectorsTo(&vectors)
	rows := make([][]float64, n)
	for i := range rows {
		rows[i] = make([]float64, k)
		var length float64
		for j := range k {
			rows[i][j] = vectors.At(i, j)
			length += rows[i][j] * rows[i][j]
		}
		for j := range k {
			rows[i][j] /= math.Sqrt(max(length, 1e-300))
		}
	}
	return kMeans(rows, k)
}

// neighbours is W: 1 for the nearest points of a point, which are ln n of them and at least 5, and for those that it
// is one of.
func neighbours(points [][]float64) *mat.SymDense {
	n := len(points)
	near := min(n-1, max(5, int(math.Log(float64(n)))))
	w := mat.NewSymDense(n, nil)
	for i := range points {
		order := make([]int, 0, n-1)
		apart := make([]float64, n)
		for j := range points {
			if j != i {
				order = append(order, j)
				apart[j] = distance(points[i], points[j])
			}
		}
		slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(apart[a], apart[b]) })
		for _, j := range order[:near] {
			w.SetSym(i, j, 1)
		}
	}
	return w
}

func laplacian(w *mat.SymDense) *mat.SymDense {
	n := w.SymmetricDim()
	degree := make([]float64, n)
	for i := range n {
		for j := range n {
			degree[i] += w.At(i, j)
		}
	}
	l := mat.NewSymDense(n, nil)
	for i := range n {
		for j := i; j < n; j++ {
			v := -w.At(i, j) / math.Sqrt(degree[i]*degree[j])
			if i == j {
				v++
			}
			l.SetSym(i, j, v)
		}
	}
	return l
}

// kMeans divides points into k groups (Lloyd 1982), from the first point and those that lie farthest from all before.
func kMeans(points [][]float64, k int) []int {
	centres := [][]float64{points[0]}
	for len(centres) < k {
		far, farthest := 0, -1.0
		for i, p := range points {
			if _, d := nearest(centres, p); d > farthest {
				far, farthest = i, d
			}
		}
		centres = append(centres, points[far])
	}
	in := make([]int, len(points))
	for range 100 {
		moved := false
		for i, p := range points {
			at, _ := nearest(centres, p)
			moved, in[i] = moved || at != in[i], at
		}
		if !moved {
			break
		}
		for c := range centres {
			if mean := meanOf(points, in, c); mean != nil {
				centres[c] = mean
			}
		}
	}
	return in
}

// nearest is the centre that lies nearest to a point, and how far away that is.
func nearest(centres [][]float64, p []float64) (at int, d float64) {
	d = math.Inf(1)
	for c, centre := range centres {
		if v := distance(p, centre); v < d {
			at, d = c, v
		}
	}
	return at, d
}

// meanOf is the mean of the points in group c; nil if there are none.
func meanOf(points [][]float64, in []int, c int) []float64 {
	sum, n := make([]float64, len(points[0])), 0.0
	for i, p := range points {
		if in[i] == c {
			n++
			for j, v := range p {
				sum[j] += v
			}
		}
	}
	if n == 0 {
		return nil
	}
	for j := range sum {
		sum[j] /= n
	}
	return sum
}
