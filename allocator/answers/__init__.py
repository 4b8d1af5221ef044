"""Questions a front desk asks of a problem and a plan, answered at once."""
