"""What the papers of plans of backups say: of installing them, and of making one now."""

from __future__ import annotations

from opsrunner.activities.harden.papers.words import ROLLBACK, PlanWords
from opsrunner.report.paper import Say

_BASIS = (
    Say("GB/T 22239-2019 信息安全技术 网络安全等级保护基本要求（第三级，8.1.4.9 数据备份恢复）",
        "GB/T 22239-2019, level 3, clause 8.1.4.9, backup and recovery of data"),
    Say("本单位备份策略（policies/backup/），摘要值与本方案绑定",
        "The backup policy (policies/backup/), bound to this plan by its digest"),
)
_BEFORE = Say(
    "一、执行前：核对方案摘要值与审批、维护窗口与冻结期；重新读取主机，与方案不一致的主机拒绝执行；"
    "执行业务检查并记录结果，无法执行的主机不变更。",
    "1. Before: digest, approval, window and freezes are checked; each host is read again and "
    "refused where it is not as planned; business checks are asked and recorded.")
INSTALLING = PlanWords(
    Say("备份安装方案", "Plan of installing backups"), "安装项", "未安装项", _BASIS,
    (*ROLLBACK, Say("已建立的备份仓库和已完成的备份不随回退删除。",
                    "Repositories that were made, and backups in them, are not taken back.")),
    (_BEFORE,
     Say("二、执行：先一台，后分批；每台主机加锁、快照、启用定时回退，写入程序、配置和定时任务；"
         "口令由密钥库直接写入主机上权限为 0600 的文件，不出现在方案、日志和报告中。",
         "2. Carrying out: one host first, then batches; locked, snapshot kept, timed undo armed; "
         "programs, settings and timers are written, passwords straight from the vault into files "
         "of mode 0600."),
     Say("三、确认：用所安装的配置打开备份仓库并连接数据库，打不开的立即回退；以全新登录确认后才解除"
         "定时回退。",
         "3. Confirming: repository and database are opened with what was installed; what does not "
         "open is taken back; only a fresh login disarms the undo."),
     Say("四、验证：再次打开备份仓库和数据库，全部成功的主机才计入；能否恢复由备份恢复验证另行证明。",
         "4. Verifying: they are opened once more; that they can be restored from is proven by "
         "verifications of their own.")),
    Say("已安装，无需变更", "installed already, nothing to change"),
)
RUNNING = PlanWords(
    Say("备份执行方案", "Plan of making backups"), "备份项", "未备份项", _BASIS,
    (Say("备份只读取业务数据并写入备份仓库，不改变业务系统；已完成的备份按保留策略清理，不回退。",
         "A backup reads data and writes to its repository; it is not taken back, retention "
         "removes it."),),
    (_BEFORE,
     Say("二、执行：每个备份集启动一次；已有备份在运行的拒绝执行。",
         "2. Carrying out: each set is started once; refused where a backup runs already."),
     Say("三、验证：等待备份结束，读取本次备份的状态，状态为完成的才计入；状态不明的记为“未知”。",
         "3. Verifying: the status of this very backup must say done; what is not known is called "
         "unknown.")),
)
