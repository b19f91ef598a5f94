"""What has to happen again and again: occurrence -> run -> proof, or missed."""
