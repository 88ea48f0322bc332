"""What is wrong with a submission: rules about values, without files and Kedro."""
