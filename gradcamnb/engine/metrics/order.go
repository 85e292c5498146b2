package metrics

import "github.com/gradcam-go/gradcam/internal/radix"

// byRising returns the places of values in rising order. Places of equal values keep their order.
func byRising(values []float32) []int32 {
	return radix.Order(newOrder(len(values)), values, radix.RisingKey)
}

// byFalling returns the places of values in falling order. Places of equal values keep their order.
func byFalling(values []float32) []int32 {
	return radix.Order(newOrder(len(values)), values, radix.FallingKey)
}

func newOrder(n int) []int32 {
	order := make([]int32, n)
	for i := range order {
		order[i] = int32(i)
	}
	return order
}
