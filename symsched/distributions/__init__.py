"""d coordinates in symbols, a folder for each family.

A family is a class of ``base.AbstractDistribution`` with what it returns: its cascade (``cascade.Cascade``), its model
at a dimension (``models.base.AbstractModel``, with the methods by which paths of it can be run besides the plain loop)
and its order parameters in numbers (a class of ``models.order_model``). Nothing outside its folder knows it.
"""
