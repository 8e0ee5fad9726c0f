package patch

// Origins tells for each line of new which line of old it is, both counted from 1;
// 0 for a line that old doesn't have. Index 0 stands for no line.
func Origins(old, new []byte) []int {
	a, b := splitLines(old), splitLines(new)
	from := make([]int, 1, len(b)+1)
	line := 0 // of old
	for _, s := range append(diffLines(a, b), span{len(a), len(a), len(b), len(b)}) {
		for ; line < s.a0; line++ {
			from = append(from, line+1)
		}
		line = s.a1
		from = append(from, make([]int, s.b1-s.b0)...)
	}
	return from
}
