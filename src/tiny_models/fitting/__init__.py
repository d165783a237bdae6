"""Searches for config values with which a model is made and runs, if the rules' do not fit."""
