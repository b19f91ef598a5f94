"""Ansible's linear strategy, with a thread for each host instead of a process.

A worker process costs 20 ms of CPU for a host that is sent one command: the fork, the pages that
are copied after it, the result that is pickled. What waits for an ssh client needs no process.
Everything but the dispatch is Ansible's own: variables, templates, connection and become plugins
go through its task executor, results and events through its linear strategy.

For plays whose tasks talk to hosts and compute nothing: threads share one processor.
"""

from __future__ import annotations

import os
import queue
import signal
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleConnectionFailure
from ansible.executor.task_executor import TaskExecutor
from ansible.executor.task_result import TaskResult
from ansible.plugins import loader as plugin_loader
from ansible.plugins.strategy.linear import StrategyModule as LinearStrategy
from ansible.template import Templar


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """A task on one host, under way in a thread; ``deadline`` by the monotonic clock, or never."""

    host: Any
    task: Any
    seconds: int
    deadline: float
    thread: threading.Thread

    def cut(self) -> dict[str, Any]:
        """Kill what the thread waits for and return the result of a host that is given up."""
        children = Path(f"/proc/self/task/{self.thread.native_id}/children")
        with suppress(OSError):  # no such file or not ours to kill: it ends with this process
            for child in children.read_text(encoding="ascii").split():
                os.kill(int(child), signal.SIGKILL)
        said = f"The task did not end within {self.seconds} s and was given up"
        return {"failed": True, "timedout": {"period": self.seconds}, "msg": said}


class StrategyModule(LinearStrategy):  # type: ignore[misc]  # ansible-core ships no types
    """``strategy: threads``, at most ``forks`` hosts at a time, each within the task's timeout.

    A host that is overdue fails with ``timedout``, and its place is free at once, whatever its
    thread still waits for.
    """

    def __init__(self, tqm: Any) -> None:  # noqa: ANN401 - ansible-core ships no types
        """Given Ansible's task queue manager, prepare for its hosts."""
        super().__init__(tqm)
        self._ended: queue.SimpleQueue[tuple[Run, dict[str, Any]]] = queue.SimpleQueue()
        self._running: set[Run] = set()
        self._stdin = Path(os.devnull).open(encoding="ascii")  # noqa: SIM115 - for as long as the play

    def _queue_task(self, host: Any, task: Any, task_vars: Any, play_context: Any) -> None:  # noqa: ANN401 - see above
        """Start the task on a host as soon as there is room for it."""
        while len(self._running) >= len(self._workers):
            self._receive()
        task.squash()
        own = task.copy(exclude_parent=True)  # validated by its thread, for its host
        own._parent, own.timeout = task._parent, 0  # noqa: SLF001 - a signal cannot end a thread
        self._queued_task_cache[host.name, task._uuid] = {  # noqa: SLF001 - as Ansible's own
            "host": host, "task": task, "task_vars": task_vars, "play_context": play_context,
        }
        self._tqm.send_callback("v2_runner_on_start", host, task)
        self._pending_results += 1
        seconds = self._seconds(task, task_vars)
        deadline = time.monotonic() + seconds if seconds else float("inf")
        executor = TaskExecutor(
            host, own, task_vars, play_context, self._stdin, self._loader, plugin_loader,
            self._final_q, self._variable_manager,
        )
        thread = threading.Thread(target=lambda: self._run(run, executor), daemon=True)
        run = Run(host, own, seconds, deadline, thread)
        self._running.add(run)
        thread.start()

    def _seconds(self, task: Any, task_vars: Any) -> int:  # noqa: ANN401 - see above
        """Return the timeout of a task, 0 for none; it may be a template."""
        given = task.timeout
        if isinstance(given, str):
            given = Templar(self._loader, task_vars).template(given)
        return int(given or 0)

    def _run(self, run: Run, executor: TaskExecutor) -> None:
        """In a thread: execute the task and say how it ended, whatever happens."""
        try:
            result = executor.run()
        except AnsibleConnectionFailure as error:
            result = {"unreachable": True, "msg": str(error)}
        except BaseException:  # noqa: BLE001 - a thread that ends without a word loses its host
            result = {"failed": True, "exception": traceback.format_exc()}
        self._ended.put((run, result))

    def _wait_on_pending_results(self, iterator: Any) -> list[Any]:  # noqa: ANN401 - see above
        """Return the results of all hosts under way, each reported as it comes."""
        found: list[Any] = self._process_pending_results(iterator)
        while self._running and not self._tqm._terminated:  # noqa: SLF001 - as Ansible's own
            self._receive()
            found += self._process_pending_results(iterator)
        return found

    def _receive(self) -> None:
        """Wait until a host has ended or is overdue, and hand its result to Ansible."""
        first = min(self._running, key=lambda run: run.deadline)
        left = first.deadline - time.monotonic()
        try:
            run, result = self._ended.get(timeout=max(0.0, min(left, threading.TIMEOUT_MAX)))
        except queue.Empty:
            run, result = first, first.cut()
        if run in self._running:  # else it was given up, and this comes late
            self._running.remove(run)
            fields = run.task.dump_attrs()
            self._results.append(TaskResult(run.host, run.task, result, fields))


def _load_one_at_a_time() -> None:
    """Have Ansible load a plugin in one thread at a time: others would see it half loaded."""
    loading = threading.RLock()

    def locked(method: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - whatever the method takes
            with loading:
                return method(*args, **kwargs)

        return call

    for loader in vars(plugin_loader).values():
        if isinstance(loader, plugin_loader.PluginLoader):
            for name in ("get_with_context", "find_plugin_with_context"):
                setattr(loader, name, locked(getattr(loader, name)))


_load_one_at_a_time()
