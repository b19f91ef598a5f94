"""What a drill's papers hold: 演练方案 and 应急演练报告."""
