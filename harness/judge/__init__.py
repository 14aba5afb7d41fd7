"""What do recorded facts say: figures, promises, verdicts, proofs?"""
