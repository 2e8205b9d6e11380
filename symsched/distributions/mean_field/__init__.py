"""Mean-field Gibbs measures: sites coupled through their mean."""
