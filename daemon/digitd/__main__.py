"""`python -m digitd` is the command `digitd`."""

from digitd.cli import main

raise SystemExit(main())
