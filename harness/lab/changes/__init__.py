"""Which small changes are there of one of a student's files that may change what it does?"""
