"""The dashboard's shared pool: worker processes carry out what all pages ask, and one broker process stands between.

``seats``  the jobs of one worker process, in time slices
``broker`` the one process that knows the cluster, who watches what, and what has been found before
``supervisor``  starts the broker, and starts it again

Pages know none of this: ``runners.pooled`` speaks to the broker for them.
"""

__all__ = ["Pool"]

from mi_explorer.pool.supervisor import Pool
