import sys

from mi_explorer.cli import main

sys.exit(main())
