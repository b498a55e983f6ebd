"""A rehearsed cluster as the doctor's checks see one."""
