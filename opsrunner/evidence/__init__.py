"""Write-once evidence: blobs named by their hash, records chained by hash, heads signed.

``store.py`` is the door; ``verify/`` re-hashes every byte; ``export/`` hands a run over.
"""
