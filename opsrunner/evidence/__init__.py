"""Write-once evidence: blobs named by their hash, records chained by hash, heads signed.

``store.py`` is the door; ``verify.py`` re-hashes every byte; ``export.py`` hands a run over.
"""
