"""Forms that show issues next to their fields and lose nothing on an edit conflict."""
