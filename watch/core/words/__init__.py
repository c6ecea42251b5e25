"""Text to words: shapes, segmentation, folding, inflection, and back to exact offsets.

`shape` gives each character its class, `segment` finds words and judges what stands between
them, `folding` takes away what makes no difference, `languages` tells which relation of
`inflection` joins the forms of one word, `alphabet` turns words into single characters for the
matcher.
"""
