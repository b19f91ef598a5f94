"""Write-once blobs, hash-chained records, verification, export."""
