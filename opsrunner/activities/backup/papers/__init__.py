"""What the papers of backups hold: 备份恢复测试报告, 每周备份巡检记录, 备份可恢复性台账."""
