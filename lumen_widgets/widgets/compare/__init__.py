"""The comparison: two to four pictures in step, or a blind test of up to thirty-two."""
