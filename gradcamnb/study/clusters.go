package study

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
)

// Cluster is a group of maps of one cell that look alike. They are of one class if the sample has enough maps of it,
// and of all classes otherwise.
type Cluster struct {
	Cell     Cell      // the method and layer
	Class    string    // that the maps explain; empty means all classes
	N, Of    int       // maps in the cluster, and in the group that was divided into clusters
	Correct  int       // of the N, those whose prediction is the label
	Mean     []float64 // share of the mean map in each of 12 x 12 equal parts of what it covers, row by row
	Where    string    // in words: the ninth of the picture with the largest share
	Classes  string    // the commonest classes in it, in words
	Examples []Row     // the maps nearest to the mean, each 12 x 12 values from 0 to 1
}

const (
	fewest   = 24  // maps of a class for which it has clusters of its own
	divided  = 400 // maps of a group at most: a picture may have many, and n maps take n x n numbers
	most     = 8   // clusters
	examples = 5   // of a cluster
)

// clusters divides the sample's maps of a cell into groups that look alike, as SpRAy does.
func (s sample) clusters(cell Cell) []Cluster {
	byClass := map[string][]drawnMap{}
	var all []drawnMap
	for _, one := range s {
		for _, m := range one.Maps {
			if m.Cell == cell && m.Look != nil {
				all = append(all, drawnMap{one, m, normalise(m.Look)})
				byClass[m.Class] = append(byClass[m.Class], all[len(all)-1])
			}
		}
	}
	var out []Cluster
	for _, class := range sortedKeys(byClass) {
		if of := byClass[class]; len(of) >= fewest {
			out = append(out, divide(cell, class, of)...)
		}
	}
	if len(out) == 0 && len(all) >= fewest {
		out = divide(cell, "", all)
	}
	return out
}

type drawnMap struct {
	sampledPicture
	sampledMap
	mass []float64
}

// divide returns the clusters of a group, the largest first. If the group is too large, it divides only its first maps;
// these are a random choice, since the sample is sorted by hash.
func divide(cell Cell, class string, of []drawnMap) []Cluster {
	of = of[:min(len(of), divided)]
	masses := make([][]float64, len(of))
	for i, one := range of {
		masses[i] = one.mass
	}
	in := spectral(masses)
	var out []Cluster
	for k := range slices.Max(in) + 1 {
		var members []drawnMap
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

func newCluster(cell Cell, class string, members []drawnMap, of int) Cluster {
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
	c.Where = describePlace(c.Mean)
	names := sortedKeys(count)
	slices.SortStableFunc(names, func(a, b string) int { return cmp.Compare(count[b], count[a]) })
	for _, name := range names[:min(3, len(names))] {
		if c.Classes != "" {
			c.Classes += ", "
		}
		c.Classes += fmt.Sprintf("%s %d", name, count[name])
	}
	slices.SortStableFunc(members, func(a, b drawnMap) int {
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

func sortedKeys[V any](m map[string]V) []string {
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

// spectral returns the number of each point's cluster (Lapuschkin et al. 2019, "Unmasking Clever Hans predictors and
// assessing what machines really learn", SpRAy). It takes the steps of von Luxburg 2007, "A Tutorial on Spectral
// Clustering". W joins each point with its nearest neighbours, in both directions. The normalised Laplacian is
//
//	L = I - D^(-1/2) W D^(-1/2),   D_ii = SUM_j W_ij
//
// It has as many eigenvalues near 0 as there are clusters. With the eigenvalues l_1, l_2, ... in rising order, the
// number of clusters is the k for which l_(k+1) - l_k is largest. The rows of the first k eigenvectors are scaled to
// length 1 and divided by k-means.
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

// neighbours returns W: it is 1 for a point and each of its ln n nearest points, at least 5, in both directions, and 0
// elsewhere.
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

// kMeans divides points into k groups (Lloyd 1982) and returns the number of each point's group. It starts from the
// first point and from points that each lie farthest from those before.
func kMeans(points [][]float64, k int) []int {
	centres := [][]float64{points[0]}
	for len(centres) < k {
		far, farthest := 0, -1.0
		for i, p := range points {
			if _, d := nearestCentre(centres, p); d > farthest {
				far, farthest = i, d
			}
		}
		centres = append(centres, points[far])
	}
	in := make([]int, len(points))
	for range 100 {
		moved := false
		for i, p := range points {
			at, _ := nearestCentre(centres, p)
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

// nearestCentre returns the number of the centre that lies nearest to a point, and its distance.
func nearestCentre(centres [][]float64, p []float64) (at int, d float64) {
	d = math.Inf(1)
	for c, centre := range centres {
		if v := distance(p, centre); v < d {
			at, d = c, v
		}
	}
	return at, d
}

// meanOf returns the mean of the points in group c, or nil if there are none.
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
