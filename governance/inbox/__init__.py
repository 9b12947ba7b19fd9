"""What a person must do or know, from all slices."""
