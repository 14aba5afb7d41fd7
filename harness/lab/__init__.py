"""What is a lab: which are there, what do they say of themselves, which files are whose?"""
