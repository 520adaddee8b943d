"""`restore`: the faces of a folder of photographs, restored by a net and pasted back."""
